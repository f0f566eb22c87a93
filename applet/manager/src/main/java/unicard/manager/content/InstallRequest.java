package unicard.manager.content;

import java.io.ByteArrayOutputStream;
import unicard.runtime.StatusWordException;

/**
 * The data of INSTALL [for install], with or without making selectable (GlobalPlatform Card 2.3.1,
 * 11.5.2.3.2).
 *
 * @param privileges as they came: 0, 1 or 3 bytes 00
 * @param parameters the value of C9
 */
record InstallRequest(
        byte[] loadFile, byte[] module, byte[] instance, byte[] privileges, byte[] parameters) {

    /** @throws StatusWordException 6A80 (INS-09) */
    static InstallRequest read(byte[] data) {
        Reader reader = new Reader(data);
        byte[] loadFile = reader.aid();
        byte[] module = reader.aid();
        byte[] instance = reader.aid();
        byte[] privileges = InstallFields.privileges(reader);
        byte[] parameters = InstallFields.applicationParameters(reader.field());
        InstallFields.nothing(reader);
        reader.end();
        return new InstallRequest(loadFile, module, instance, privileges, parameters);
    }

    /**
     * What the applet's install gets: AID, privileges and parameters, each behind its length
     * (GlobalPlatform Card 2.3.1, table 11-49). There is at least one byte of privileges.
     */
    byte[] installData() {
        return data(parameters);
    }

    /** The same without parameters, for whom they mean nothing: install takes at most 127 bytes. */
    byte[] shortData() {
        return data(new byte[0]);
    }

    private byte[] data(byte[] last) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] field : new byte[][] {
            instance, privileges.length == 0 ? new byte[1] : privileges, last
        }) {
            out.write(field.length);
            out.writeBytes(field);
        }
        return out.toByteArray();
    }
}
