package unicard.manager;

import java.util.Arrays;
import unicard.manager.Contract.Sw;
import unicard.runtime.StatusWordException;

/** Command APDUs as bytes: which classes and lengths there are (ISO/IEC 7816-4, 5.4.1; 7816-3, 12.1). */
final class ApduBytes {
    /** Bit of the class: the command has secure messaging. */
    static final int SECURE = 0x04;

    private static final int CHAINING = 0x10;
    private static final int UNASSIGNED = 0x20;
    private static final int FURTHER_CHANNELS = 0x40;
    private static final int CHANNEL = 0x03;
    private static final int PROPRIETARY = 0x80;

    private ApduBytes() {}

    /**
     * Looks at the form of the lengths, then at the class.
     *
     * @return the command; its class still has the bit of secure messaging
     * @throws StatusWordException 6700 for the lengths, 6881, 6884, 6E00 for the class
     */
    static Command parse(byte[] raw) {
        if (raw.length < 4) {
            throw new StatusWordException(Sw.WRONG_LENGTH);
        }
        int[] header = {raw[0] & 0xFF, raw[1] & 0xFF, raw[2] & 0xFF, raw[3] & 0xFF};
        byte[] data = {};
        int ne = 0;
        if (raw.length == 5) {
            ne = expected(raw[4]);
        } else if (raw.length > 5) {
            int lc = raw[4] & 0xFF;
            int rest = raw.length - 5 - lc;
            if (lc == 0 || rest < 0 || rest > 1) {
                throw new StatusWordException(Sw.WRONG_LENGTH);
            }
            data = Arrays.copyOfRange(raw, 5, 5 + lc);
            ne = rest == 0 ? 0 : expected(raw[raw.length - 1]);
        }
        checkClass(header[0]);
        return new Command(header[0], header[1], header[2], header[3], data, ne);
    }

    private static int expected(byte le) {
        return le == 0 ? 256 : le & 0xFF;
    }

    /** Lets 00, 04, 80 and 84 pass; A0 to BF name channels as 80 to 9F do (JCRE 3.0.5, 4.3). */
    private static void checkClass(int cla) {
        if ((cla & ~(PROPRIETARY | SECURE)) == 0) {
            return;
        }
        if (cla == 0xFF || (cla & (PROPRIETARY | FURTHER_CHANNELS | UNASSIGNED)) == UNASSIGNED) {
            throw new StatusWordException(Sw.CLASS_NOT_SUPPORTED);
        }
        if ((cla & (FURTHER_CHANNELS | CHANNEL)) != 0) {
            throw new StatusWordException(Sw.LOGICAL_CHANNEL_NOT_SUPPORTED);
        }
        throw new StatusWordException(
                (cla & (CHAINING | UNASSIGNED)) == CHAINING ? Sw.COMMAND_CHAINING_NOT_SUPPORTED : Sw.CLASS_NOT_SUPPORTED);
    }
}
