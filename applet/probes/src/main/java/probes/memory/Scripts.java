package probes.memory;

import javacard.framework.JCSystem;
import javacard.framework.TransactionException;
import javacard.framework.Util;

/** Runs programs of writes that a test makes up: four bytes a step, an operation and three numbers. */
public class Scripts {
    public static final byte STORE = 0;
    public static final byte COPY = 1;
    public static final byte COPY_NON_ATOMIC = 2;
    public static final byte FILL = 3;
    public static final byte FILL_NON_ATOMIC = 4;
    public static final byte SET_SHORT = 5;
    public static final byte BEGIN = 6;
    public static final byte COMMIT = 7;
    public static final byte ABORT = 8;
    public static final byte SET_FIELD = 9;
    public static final byte OPERATIONS = 10;

    public byte[] cells = new byte[8];
    public short field;

    /** Refusals of the transaction facility do not end a program. */
    public void run(byte[] program) {
        for (short step = 0; step < (short) program.length; step += 4) {
            try {
                runStep(program, step);
            } catch (TransactionException refused) {
                continue;
            }
        }
    }

    private void runStep(byte[] program, short step) {
        byte place = program[(short) (step + 1)];
        byte length = program[(short) (step + 2)];
        byte value = program[(short) (step + 3)];
        switch (program[step]) {
            case STORE:
                cells[place] = value;
                break;
            case COPY:
                Util.arrayCopy(program, step, cells, place, length);
                break;
            case COPY_NON_ATOMIC:
                Util.arrayCopyNonAtomic(program, step, cells, place, length);
                break;
            case FILL:
                Util.arrayFill(cells, place, length, value);
                break;
            case FILL_NON_ATOMIC:
                Util.arrayFillNonAtomic(cells, place, length, value);
                break;
            case SET_SHORT:
                Util.setShort(cells, place, Util.makeShort(length, value));
                break;
            case BEGIN:
                JCSystem.beginTransaction();
                break;
            case COMMIT:
                JCSystem.commitTransaction();
                break;
            case ABORT:
                JCSystem.abortTransaction();
                break;
            default:
                field = value;
        }
    }
}
