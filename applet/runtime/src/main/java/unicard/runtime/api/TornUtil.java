package unicard.runtime.api;

import java.util.Arrays;
import unicard.runtime.Hooks;
import unicard.runtime.TornArrays;

/** {@code javacard.framework.Util} (Java Card 3.0.5 API) for woven code. */
public final class TornUtil {
    private TornUtil() {}

    /** Atomic; BUFFER_FULL also outside a transaction where the commit buffer could not hold it. */
    public static short arrayCopy(byte[] src, short srcOff, byte[] dest, short destOff, short length) {
        TornArrays.copy(src, srcOff, dest, destOff, length);
        return (short) (destOff + length);
    }

    /** Torn at every byte, and not undone by an abort. */
    public static short arrayCopyNonAtomic(
            byte[] src, short srcOff, byte[] dest, short destOff, short length) {
        TornArrays.copyNonAtomic(src, srcOff, dest, destOff, length);
        return (short) (destOff + length);
    }

    /** Atomic, as {@link #arrayCopy}. */
    public static short arrayFill(byte[] bArray, short bOff, short bLen, byte bValue) {
        TornArrays.fill(bArray, bOff, bLen, bValue);
        return (short) (bOff + bLen);
    }

    /** Torn at every byte, and not undone by an abort. */
    public static short arrayFillNonAtomic(byte[] bArray, short bOff, short bLen, byte bValue) {
        TornArrays.fillNonAtomic(bArray, bOff, bLen, bValue);
        return (short) (bOff + bLen);
    }

    /** -1, 0 or 1 as the bytes, unsigned, are less, equal or greater. */
    public static byte arrayCompare(byte[] src, short srcOff, byte[] dest, short destOff, short length) {
        TornArrays.check(src, srcOff, length);
        TornArrays.check(dest, destOff, length);
        return (byte)
                Integer.signum(
                        Arrays.compareUnsigned(
                                src, srcOff, srcOff + length, dest, destOff, destOff + length));
    }

    /** The first byte is the high one. */
    public static short makeShort(byte b1, byte b2) {
        return (short) (b1 << 8 | b2 & 0xFF);
    }

    /** Two bytes, the high one first. */
    public static short getShort(byte[] bArray, short bOff) {
        TornArrays.check(bArray, bOff, 2);
        return makeShort(bArray[bOff], bArray[bOff + 1]);
    }

    /** One entry of two bytes in a transaction; outside of one the power can fail between them. */
    public static short setShort(byte[] bArray, short bOff, short sValue) {
        TornArrays.check(bArray, bOff, 2);
        byte[] value = {(byte) (sValue >> 8), (byte) sValue};
        if (Hooks.memory().inTransaction()) {
            TornArrays.copy(value, 0, bArray, bOff, 2);
        } else {
            TornArrays.copyNonAtomic(value, 0, bArray, bOff, 2);
        }
        return (short) (bOff + 2);
    }
}
