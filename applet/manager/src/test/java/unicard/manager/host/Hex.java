package unicard.manager.host;

import java.util.Arrays;
import java.util.HexFormat;

/** Bytes and their digits. */
public final class Hex {
    private Hex() {}

    /** Bytes of digits; spaces are left out. */
    public static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    public static String text(byte[] bytes) {
        return HexFormat.of().withUpperCase().formatHex(bytes);
    }

    public static byte[] join(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        byte[] joined = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, joined, at, part.length);
            at += part.length;
        }
        return joined;
    }

    public static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
