package probes.memory;

import javacard.framework.JCSystem;

/** One place of each kind that an applet can write. */
public class Ledger {
    public static short total;
    public static Object newest;

    public byte[] bytes = new byte[8];
    public boolean[] flags = new boolean[4];
    public short[] shorts = new short[4];
    public Object[] parts = new Object[4];
    public byte small;
    public short wide;
    public boolean flag;
    public Object part;
    private final short serial;

    public Ledger(short serial) {
        this.serial = serial;
    }

    public short serial() {
        return serial;
    }

    /** Writes ten places, each once, with values that follow from one. */
    public void write(byte value) {
        bytes[1] = value;
        flags[2] = value % 2 == 1;
        shorts[3] = (short) (value * 256);
        parts[0] = value == 0 ? null : bytes;
        small = value;
        wide = (short) (value + 1000);
        flag = value % 2 == 1;
        part = value == 0 ? null : flags;
        total = value;
        newest = value == 0 ? null : this;
    }

    public void writeAtOnce(byte value) {
        JCSystem.beginTransaction();
        write(value);
        JCSystem.commitTransaction();
    }

    public void writeAndAbort(byte value) {
        JCSystem.beginTransaction();
        write(value);
        JCSystem.abortTransaction();
    }

    /** Whether all places follow from one value. */
    public boolean holds(byte value) {
        return bytes[1] == value
                && flags[2] == (value % 2 == 1)
                && shorts[3] == (short) (value * 256)
                && parts[0] == (value == 0 ? null : bytes)
                && small == value
                && wide == (short) (value + 1000)
                && flag == (value % 2 == 1)
                && part == (value == 0 ? null : flags)
                && total == value
                && newest == (value == 0 ? null : this);
    }
}
