package unicard.runtime.api;

import java.lang.reflect.Array;
import java.util.Arrays;
import javacardx.framework.util.UtilException;
import unicard.runtime.TornArrays;

/**
 * {@code javacardx.framework.util.ArrayLogic} (Java Card 3.0.5 API) for woven code, for byte and short
 * arrays; this card has no int. Shorts are packed with the high byte first.
 */
public final class TornArrayLogic {
    private TornArrayLogic() {}

    /** Atomic. */
    public static short arrayCopyRepack(Object src, short srcOff, short srcLen, Object dest, short destOff) {
        Object packed = repacked(src, srcOff, srcLen, dest);
        int length = Array.getLength(packed);
        TornArrays.copy(packed, 0, dest, destOff, length);
        return (short) (destOff + length);
    }

    /** Torn at every element of the destination, and not undone by an abort. */
    public static short arrayCopyRepackNonAtomic(
            Object src, short srcOff, short srcLen, Object dest, short destOff) {
        Object packed = repacked(src, srcOff, srcLen, dest);
        int length = Array.getLength(packed);
        TornArrays.copyNonAtomic(packed, 0, dest, destOff, length);
        return (short) (destOff + length);
    }

    /** Atomic. */
    public static short arrayFillGeneric(
            Object theArray, short off, short len, Object valArray, short valOff) {
        TornArrays.fill(theArray, off, len, value(theArray, valArray, valOff));
        return (short) (off + len);
    }

    /** Torn at every element, and not undone by an abort. */
    public static short arrayFillGenericNonAtomic(
            Object theArray, short off, short len, Object valArray, short valOff) {
        TornArrays.fillNonAtomic(theArray, off, len, value(theArray, valArray, valOff));
        return (short) (off + len);
    }

    /** -1, 0 or 1; bytes compare unsigned, as those of Util do, shorts signed. */
    public static byte arrayCompareGeneric(
            Object src, short srcOff, Object dest, short destOff, short length) {
        demandSameType(src, dest);
        TornArrays.check(src, srcOff, length);
        TornArrays.check(dest, destOff, length);
        if (src instanceof byte[] bytes) {
            return TornUtil.arrayCompare(bytes, srcOff, (byte[]) dest, destOff, length);
        }
        short[] left = (short[]) src;
        short[] right = (short[]) dest;
        int order =
                Arrays.compare(left, srcOff, srcOff + length, right, destOff, destOff + length);
        return (byte) Integer.signum(order);
    }

    /** Index of the first element that equals the value, given as its bytes; -1 where there is none. */
    public static short arrayFindGeneric(Object theArray, short off, byte[] valArray, short valOff) {
        int width = width(theArray);
        TornArrays.check(valArray, valOff, width);
        int length = Array.getLength(theArray);
        TornArrays.check(theArray, off, length - off);
        int wanted = width == 1 ? valArray[valOff] : TornUtil.getShort(valArray, valOff);
        for (int i = off; i < length; i++) {
            if (Array.getShort(theArray, i) == wanted) {
                return (short) i;
            }
        }
        return -1;
    }

    private static Object repacked(Object src, int offset, int length, Object dest) {
        int width = width(src);
        int target = width(dest);
        TornArrays.check(src, offset, length);
        if (length * width % target != 0) {
            UtilException.throwIt(UtilException.ILLEGAL_VALUE);
        }
        byte[] bytes = new byte[length * width];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] =
                    src instanceof byte[] from
                            ? from[offset + i]
                            : (byte) (((short[]) src)[offset + i / 2] >> (i % 2 == 0 ? 8 : 0));
        }
        if (target == 1) {
            return bytes;
        }
        short[] shorts = new short[bytes.length / 2];
        for (int i = 0; i < shorts.length; i++) {
            shorts[i] = TornUtil.getShort(bytes, (short) (2 * i));
        }
        return shorts;
    }

    private static Object value(Object theArray, Object valArray, int valOff) {
        demandSameType(theArray, valArray);
        TornArrays.check(valArray, valOff, 1);
        return Array.get(valArray, valOff);
    }

    private static void demandSameType(Object left, Object right) {
        if (width(left) != width(right)) {
            UtilException.throwIt(UtilException.TYPE_MISMATCHED);
        }
    }

    private static int width(Object array) {
        if (array instanceof byte[]) {
            return 1;
        }
        if (!(array instanceof short[])) {
            if (array == null) {
                throw new NullPointerException();
            }
            UtilException.throwIt(UtilException.TYPE_MISMATCHED);
        }
        return 2;
    }
}
