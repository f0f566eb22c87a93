package probes.globalplatform;

import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import org.globalplatform.GPRegistryEntry;
import org.globalplatform.GPSystem;

/**
 * Tells its registry entry: AID (INS 30), privileges with what getPrivileges returned (INS 32), whether
 * it has the privilege P1 (INS 34), whether it belongs to the domain of the AID in the data (INS 36),
 * whether it gets the entry of the AID in the data (INS 38), what offering a service is answered (INS 3A).
 */
public final class Entry extends Applet {
    private static final byte NAME = 0x30;
    private static final byte PRIVILEGES = 0x32;
    private static final byte PRIVILEGED = 0x34;
    private static final byte ASSOCIATED = 0x36;
    private static final byte OTHER = 0x38;
    private static final byte SERVICE = 0x3A;

    private Entry() {}

    public static void install(byte[] data, short offset, byte length) {
        new Entry().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        short length = apdu.setIncomingAndReceive();
        apdu.setOutgoingAndSend((short) 0, answer(buffer, length, GPSystem.getRegistryEntry(null)));
    }

    private static short answer(byte[] buffer, short length, GPRegistryEntry own) {
        AID named = length == 0 ? null : new AID(buffer, ISO7816.OFFSET_CDATA, (byte) length);
        switch (buffer[ISO7816.OFFSET_INS]) {
            case NAME:
                return own.getAID().getBytes(buffer, (short) 0);
            case PRIVILEGES:
                buffer[3] = (byte) own.getPrivileges(buffer, (short) 0);
                return 4;
            case PRIVILEGED:
                buffer[0] = (byte) (own.isPrivileged(buffer[ISO7816.OFFSET_P1]) ? 1 : 0);
                return 1;
            case ASSOCIATED:
                buffer[0] = (byte) (own.isAssociated(named) ? 1 : 0);
                return 1;
            case OTHER:
                GPRegistryEntry found = GPSystem.getRegistryEntry(named);
                buffer[0] = (byte) (found == null ? 0 : 1);
                buffer[1] = (byte) (found == own && own.getAID().equals(JCSystem.getAID()) ? 1 : 0);
                return 2;
            case SERVICE:
                if (buffer[ISO7816.OFFSET_P1] == 0) {
                    own.registerService((short) 0x8211);
                }
                own.deregisterService((short) 0x8211);
                return 0;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
                return 0;
        }
    }
}
