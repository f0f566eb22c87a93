package unicard.runtime;

import java.util.Arrays;

/**
 * A command APDU whose lengths fit each other (ISO/IEC 7816-3:2006, 12.1.3).
 *
 * @param bytes all of it
 * @param dataOffset where the data field begins
 * @param lc length of the data field, 0: none
 * @param ne bytes that the terminal wants at most, 1 to 65536; {@link #NO_LE}: it sent no Le field
 * @param extended whether the lengths are of the extended form
 */
record CommandApdu(byte[] bytes, int dataOffset, int lc, int ne, boolean extended) {
    static final int NO_LE = 0;
    /** Bytes of the header. */
    static final int HEADER = 4;

    private static final int SHORT_DATA = HEADER + 1;
    private static final int EXTENDED_DATA = HEADER + 3;
    private static final int SHORT_MOST = 256;
    private static final int EXTENDED_MOST = 65536;

    /** Takes a command apart; null where it has no header, or its lengths contradict each other. */
    static CommandApdu parse(byte[] bytes) {
        int length = bytes.length;
        if (length < HEADER) {
            return null;
        }
        if (length == HEADER) {
            return new CommandApdu(bytes, HEADER, 0, NO_LE, false);
        }
        int first = bytes[HEADER] & 0xFF;
        if (length == SHORT_DATA) {
            return new CommandApdu(bytes, SHORT_DATA, 0, first == 0 ? SHORT_MOST : first, false);
        }
        return first == 0 ? parseExtended(bytes) : parseShort(bytes, first);
    }

    private static CommandApdu parseShort(byte[] bytes, int lc) {
        int end = SHORT_DATA + lc;
        if (bytes.length == end) {
            return new CommandApdu(bytes, SHORT_DATA, lc, NO_LE, false);
        }
        if (bytes.length != end + 1) {
            return null;
        }
        int le = bytes[end] & 0xFF;
        return new CommandApdu(bytes, SHORT_DATA, lc, le == 0 ? SHORT_MOST : le, false);
    }

    private static CommandApdu parseExtended(byte[] bytes) {
        if (bytes.length < EXTENDED_DATA) {
            return null;
        }
        int first = number(bytes, HEADER + 1);
        if (bytes.length == EXTENDED_DATA) {
            return new CommandApdu(bytes, EXTENDED_DATA, 0, first == 0 ? EXTENDED_MOST : first, true);
        }
        int end = EXTENDED_DATA + first;
        if (first == 0 || bytes.length != end && bytes.length != end + 2) {
            return null;
        }
        if (bytes.length == end) {
            return new CommandApdu(bytes, EXTENDED_DATA, first, NO_LE, true);
        }
        int le = number(bytes, end);
        return new CommandApdu(bytes, EXTENDED_DATA, first, le == 0 ? EXTENDED_MOST : le, true);
    }

    private static int number(byte[] bytes, int offset) {
        return (bytes[offset] & 0xFF) << 8 | bytes[offset + 1] & 0xFF;
    }

    int cla() {
        return bytes[0] & 0xFF;
    }

    int ins() {
        return bytes[1] & 0xFF;
    }

    int p1() {
        return bytes[2] & 0xFF;
    }

    int p2() {
        return bytes[3] & 0xFF;
    }

    /** The data field, a copy. */
    byte[] data() {
        return Arrays.copyOfRange(bytes, dataOffset, dataOffset + lc);
    }
}
