package probes.memory;

import javacard.framework.JCSystem;
import javacard.framework.Util;
import javacardx.framework.util.ArrayLogic;

/** Copies and fills of every kind. */
public class Copies {
    public byte[] bytes = new byte[12];
    public short[] shorts = new short[6];

    private final short[] values = JCSystem.makeTransientShortArray((short) 1, JCSystem.CLEAR_ON_RESET);

    public Copies() {
        for (short i = 0; i < (short) bytes.length; i++) {
            bytes[i] = (byte) i;
        }
    }

    public short copy(byte[] from, short fromOff, short toOff, short length) {
        return Util.arrayCopy(from, fromOff, bytes, toOff, length);
    }

    public short copyNonAtomic(byte[] from, short fromOff, short toOff, short length) {
        return Util.arrayCopyNonAtomic(from, fromOff, bytes, toOff, length);
    }

    public short fill(short off, short length, byte value) {
        return Util.arrayFill(bytes, off, length, value);
    }

    public short fillNonAtomic(short off, short length, byte value) {
        return Util.arrayFillNonAtomic(bytes, off, length, value);
    }

    public short setShort(short off, short value) {
        return Util.setShort(bytes, off, value);
    }

    public short getShort(short off) {
        return Util.getShort(bytes, off);
    }

    public byte compare(byte[] other, short off, short length) {
        return Util.arrayCompare(bytes, off, other, (short) 0, length);
    }

    public short repack(short off, short length, short toOff) {
        return ArrayLogic.arrayCopyRepack(bytes, off, length, shorts, toOff);
    }

    public short repackNonAtomic(short off, short length, short toOff) {
        return ArrayLogic.arrayCopyRepackNonAtomic(bytes, off, length, shorts, toOff);
    }

    public short fillShorts(short off, short length, short value) {
        values[0] = value;
        return ArrayLogic.arrayFillGenericNonAtomic(shorts, off, length, values, (short) 0);
    }

    public short find(byte[] value) {
        return ArrayLogic.arrayFindGeneric(shorts, (short) 0, value, (short) 0);
    }

    /** The same places, once conditionally and then not, in a transaction that is aborted. */
    public void mixAndAbort(byte first, byte second) {
        JCSystem.beginTransaction();
        bytes[0] = first;
        Util.arrayFillNonAtomic(bytes, (short) 0, (short) 2, second);
        JCSystem.abortTransaction();
    }
}
