package unicard.application;

/** UTF-8 of RFC 3629: shortest forms, no surrogates, nothing beyond U+10FFFF. */
final class Utf8 {
    private Utf8() {}

    /** Whether the bytes are well formed; none are. */
    static boolean isText(byte[] data, short at, short length) {
        short end = (short) (at + length);
        while (at < end) {
            short followers = followers((short) (data[at] & 0xFF));
            if (followers < 0 || followers >= (short) (end - at)) {
                return false;
            }
            if (followers > 0 && !mayFollow((short) (data[at] & 0xFF), (short) (data[(short) (at + 1)] & 0xFF))) {
                return false;
            }
            for (short i = 2; i <= followers; i++) {
                if ((byte) (data[(short) (at + i)] & 0xC0) != (byte) 0x80) {
                    return false;
                }
            }
            at += (short) (followers + 1);
        }
        return true;
    }

    /** How many bytes follow a first one; -1: it begins none. */
    private static short followers(short first) {
        if (first < 0x80) {
            return 0;
        }
        if (first < 0xC2 || first > 0xF4) {
            return -1;
        }
        if (first < 0xE0) {
            return 1;
        }
        return first < 0xF0 ? (short) 2 : (short) 3;
    }

    /** Whether the second byte is one; four first ones take fewer than 80 to BF. */
    private static boolean mayFollow(short first, short second) {
        short least = 0x80;
        short most = 0xBF;
        switch (first) {
            case 0xE0:
                least = 0xA0;
                break;
            case 0xED:
                most = 0x9F;
                break;
            case 0xF0:
                least = 0x90;
                break;
            case 0xF4:
                most = 0x8F;
                break;
            default:
                break;
        }
        return second >= least && second <= most;
    }
}
