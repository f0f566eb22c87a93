package unicard.manager;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Bytes of the commands of content, for tests: load files, fields, names that nobody else has. */
final class ContentBytes {
    static final byte[] ISD = hex(Contract.Aid.ISD);
    static final byte[] OWN = hex(Contract.Aid.PACKAGE);
    static final byte[] OWN_MODULE = hex(Contract.Aid.MODULE);
    static final byte[] PACKAGE = hex("F04F54484552");
    static final byte[] MODULE = hex("F04F5448455201");
    static final byte[] OTHER_MODULE = hex("F04F5448455202");
    static final byte[] INSTANCE = hex("F1494E53540001");
    static final byte[] NOTHING = {};
    static final byte[] C9 = hex("C900");
    static final byte[] EVERY = hex("4F00");

    private ContentBytes() {}

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().withUpperCase().formatHex(bytes);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** Fields, each behind one byte of length. */
    static byte[] fields(byte[]... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] value : values) {
            out.write(value.length);
            out.writeBytes(value);
        }
        return out.toByteArray();
    }

    static byte[] installFor(byte[] file, byte[] module, byte[] instance) {
        return fields(file, module, instance, NOTHING, C9, NOTHING);
    }

    static byte[] installFor(byte[] instance) {
        return installFor(PACKAGE, MODULE, instance);
    }

    /** The data of INSTALL [for make selectable] and [for personalization]. */
    static byte[] named(byte[] aid) {
        return fields(NOTHING, NOTHING, aid, NOTHING, NOTHING, NOTHING);
    }

    static byte[] announcement(byte[] aid) {
        return fields(aid, NOTHING, NOTHING, NOTHING, NOTHING);
    }

    static byte[] deletion(byte[] aid) {
        return join(hex("4F"), fields(aid));
    }

    static byte[] component(int tag, byte[] content) {
        return join(new byte[] {(byte) tag, (byte) (content.length >> 8), (byte) content.length}, content);
    }

    static byte[] header(byte[] aid) {
        return component(1, join(hex("DECAFFED 0102 04 0302"), fields(aid)));
    }

    static byte[] applets(byte[]... modules) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(modules.length);
        for (byte[] module : modules) {
            out.writeBytes(fields(module));
            out.writeBytes(hex("0010"));
        }
        return component(3, out.toByteArray());
    }

    /** Components of a package of version 2.3, with so many bytes of methods. */
    static byte[] cap(byte[] aid, int methods, byte[]... modules) {
        return join(
                header(aid),
                component(2, new byte[31]),
                modules.length == 0 ? NOTHING : applets(modules),
                component(7, new byte[methods]));
    }

    static byte[] cap() {
        return cap(PACKAGE, 40, MODULE, OTHER_MODULE);
    }

    /** A load file as LOAD carries it. */
    static byte[] loadFile(byte[] components) {
        int length = components.length;
        byte[] head =
                length < 0x80
                        ? new byte[] {(byte) 0xC4, (byte) length}
                        : new byte[] {
                            (byte) 0xC4, (byte) 0x83,
                            (byte) (length >> 16), (byte) (length >> 8), (byte) length
                        };
        return join(head, components);
    }
}
