package probes.memory;

import javacard.framework.AID;
import javacard.framework.JCSystem;

/** Creates objects and arrays. */
public class Makings {
    /** Part of the load file: no command writes it. */
    public static final byte[] CONSTANTS = {1, 2, 3, 4};

    public static Makings last;

    public Object[] kept = new Object[3];
    public Object[] fleeting = JCSystem.makeTransientObjectArray((short) 2, JCSystem.CLEAR_ON_RESET);
    public byte[] own;

    /** Two fields in a class of its own. */
    public static class Pair {
        public short left;
        public byte right;

        public Pair(short left, byte right) {
            this.left = left;
            this.right = right;
        }
    }

    /** One more than a Pair. */
    public static class Triple extends Pair {
        public Object third;

        public Triple() {
            super((short) (CONSTANTS[0] == 1 ? 5 : 6), (byte) 7);
            third = new short[2];
        }

        /** Begins a transaction in the middle of its construction. */
        public Triple(boolean abort) {
            this();
            JCSystem.beginTransaction();
            left = 99;
            if (abort) {
                JCSystem.abortTransaction();
            }
        }
    }

    public byte[] bytes(short length) {
        return new byte[length];
    }

    public Pair pair() {
        return new Pair((short) 1, (byte) 2);
    }

    public Triple triple() {
        return new Triple();
    }

    public Triple interrupted() {
        return new Triple(true);
    }

    public byte[][] grid() {
        return new byte[2][3];
    }

    public AID aid() {
        return new AID(CONSTANTS5, (short) 0, (byte) 5);
    }

    private static final byte[] CONSTANTS5 = {1, 2, 3, 4, 5};

    public void keep(short index, Object object) {
        kept[index] = object;
    }

    public void createAndAbort() {
        JCSystem.beginTransaction();
        Pair made = pair();
        kept[0] = made;
        kept[1] = this;
        own = bytes((short) 20);
        last = this;
        fleeting[0] = made;
        fleeting[1] = this;
        JCSystem.abortTransaction();
    }

    public void createAndCommit() {
        JCSystem.beginTransaction();
        kept[0] = pair();
        own = bytes((short) 20);
        JCSystem.commitTransaction();
    }

    public void storeWrongKind() {
        Object[] pairs = new Pair[1];
        pairs[0] = this;
    }

    /** Its constants are loaded when it is first used, be it in a transaction. */
    public static byte late(short index) {
        return Late.TABLE[index];
    }

    private static class Late {
        static final byte[] TABLE = {10, 20, 30};
    }
}
