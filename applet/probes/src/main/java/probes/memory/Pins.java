package probes.memory;

import javacard.framework.JCSystem;
import javacard.framework.OwnerPIN;

/** A PIN of 1 2 3 4 with three tries, and one that remembers its flag itself. */
public class Pins {
    public final OwnerPIN pin = new OwnerPIN((byte) 3, (byte) 8);
    public final OwnerPIN flagged = new Flagged();
    private final byte[] initial = {1, 2, 3, 4};

    private static class Flagged extends OwnerPIN {
        private boolean[] flag = JCSystem.makeTransientBooleanArray((short) 1, JCSystem.CLEAR_ON_RESET);

        Flagged() {
            super((byte) 1, (byte) 4);
        }

        protected boolean getValidatedFlag() {
            return flag[0];
        }

        protected void setValidatedFlag(boolean value) {
            flag[0] = value;
        }
    }

    public Pins() {
        pin.update(initial, (short) 0, (byte) 4);
        flagged.update(initial, (short) 0, (byte) 4);
    }

    public OwnerPIN make(byte limit, byte size) {
        return new OwnerPIN(limit, size);
    }

    public boolean check(byte[] value) {
        return pin.check(value, (short) 0, (byte) value.length);
    }

    public boolean checkAndAbort(byte[] value) {
        JCSystem.beginTransaction();
        boolean right = check(value);
        JCSystem.abortTransaction();
        return right;
    }

    public void update(byte[] value) {
        pin.update(value, (short) 0, (byte) value.length);
    }

    public void updateAndAbort(byte[] value) {
        JCSystem.beginTransaction();
        update(value);
        JCSystem.abortTransaction();
    }

    public void unblockAndAbort() {
        JCSystem.beginTransaction();
        pin.resetAndUnblock();
        JCSystem.abortTransaction();
    }
}
