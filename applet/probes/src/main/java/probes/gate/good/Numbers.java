package probes.gate.good;

/** 16-bit arithmetic that the gate accepts, each cast where a card needs it. */
final class Numbers {
    private static final byte STEP = 3;

    private short kept;
    private byte small;

    private Numbers() {
    }

    static short sums(short a, short b, byte c) {
        short sum = (short) (a + b - c * STEP);
        sum += b;
        sum++;
        sum *= 2;
        sum <<= 1;
        sum >>>= 1;
        sum ^= (short) 0xFF00;
        return (short) -sum;
    }

    static boolean comparisons(short a, short b, byte c, byte d) {
        boolean less = (short) (a + b) < a;
        boolean bytes = c + d > 100 && c * d > 1000 && -c < d;
        boolean masked = (a & 0xFF) == (b & 0xFF) && (c & 0x7F) != 0;
        boolean shifted = a >> 4 == b >> 4;
        boolean halves = a / 2 > b / STEP && a % 7 == 0 && c / d < 3;
        return less || bytes || masked && shifted || halves;
    }

    static short word(byte high, byte low) {
        return (short) (high << 8 | low & 0xFF);
    }

    static byte[] walk(byte[] data, short offset, short length) {
        short end = (short) (offset + length);
        byte sum = 0;
        for (short i = offset; i < end; i++) {
            data[i] ^= sum;
            sum += data[i];
            data[(short) (i - 1)] = data[offset++];
        }
        do {
            data[--end]--;
        } while (end > data.length);
        return data;
    }

    static byte choose(short which, boolean first) {
        switch (which) {
            case -32768:
                return 1;
            case 5:
                return first ? (byte) 2 : (byte) (which + 1);
            case 0x7FFF:
                return 3;
            default:
                return (byte) (which >> 8);
        }
    }

    short fields(Numbers other) {
        kept += other.small;
        small = (byte) (kept >>> 8);
        other.kept = other.small--;
        return kept > other.kept ? kept : other.kept;
    }
}
