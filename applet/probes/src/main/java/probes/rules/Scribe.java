package probes.rules;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.TransactionException;
import javacard.framework.Util;

/** Writes inside transactions and ends them in every way. Each instruction is one question. */
public final class Scribe extends Applet {
    private static final short CELLS = 600;
    private static final short NONE = 0;
    private static short births;

    private final byte[] cells;
    private final short[] words;
    private final boolean[] flags;
    private final Object[] references;
    private final Object[] transientReferences;
    private short field;
    private boolean leavesOpenInDeselect;

    private Scribe() {
        cells = new byte[CELLS];
        words = new short[2];
        flags = new boolean[2];
        references = new Object[2];
        transientReferences = JCSystem.makeTransientObjectArray((short) 1, JCSystem.CLEAR_ON_RESET);
        births++;
    }

    public static void install(byte[] data, short offset, byte length) {
        new Scribe().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void deselect() {
        if (leavesOpenInDeselect) {
            JCSystem.beginTransaction();
            field = 77;
        }
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        short result = NONE;
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x01: // all that an abort must put back, 10 bytes
                look(apdu, buffer);
                return;
            case 0x02: // writes in every way, then aborts
                JCSystem.beginTransaction();
                write();
                JCSystem.abortTransaction();
                return;
            case 0x03: // leaves the transaction open
                JCSystem.beginTransaction();
                write();
                return;
            case 0x04: // throws out of the transaction
                JCSystem.beginTransaction();
                write();
                ISOException.throwIt(ISO7816.SW_WRONG_DATA);
                return;
            case 0x05:
                result = beginTwice();
                break;
            case 0x06:
                result = endWithoutBegin(true);
                break;
            case 0x07:
                result = endWithoutBegin(false);
                break;
            case 0x08: // what ten bytes cost
                JCSystem.beginTransaction();
                result = JCSystem.getUnusedCommitCapacity();
                Util.arrayCopy(buffer, (short) 0, cells, (short) 20, (short) 10);
                result -= JCSystem.getUnusedCommitCapacity();
                JCSystem.abortTransaction();
                break;
            case 0x09:
                result = writeUntilFull();
                break;
            case 0x0A: // copied without the transaction
                JCSystem.beginTransaction();
                cells[1] = 9;
                buffer[0] = 8;
                Util.arrayCopyNonAtomic(buffer, (short) 0, cells, (short) 0, (short) 1);
                JCSystem.abortTransaction();
                break;
            case 0x0B: // commits
                JCSystem.beginTransaction();
                write();
                JCSystem.commitTransaction();
                return;
            case 0x0C:
                leavesOpenInDeselect = true;
                return;
            case 0x0D:
                result = births;
                break;
            case 0x0E: // an object made in an aborted transaction, kept in a transient array
                JCSystem.beginTransaction();
                transientReferences[0] = new byte[1];
                references[1] = transientReferences[0];
                JCSystem.abortTransaction();
                result = (short) ((transientReferences[0] == null ? 0 : 1) + (references[1] == null ? 0 : 2));
                break;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
        Util.setShort(buffer, (short) 0, result);
        apdu.setOutgoingAndSend((short) 0, (short) 2);
    }

    private void write() {
        field = 5;
        cells[0] = 5;
        words[0] = 5;
        flags[0] = true;
        references[0] = this;
        Util.setShort(cells, (short) 2, (short) 0x0505);
        Util.arrayFillNonAtomic(cells, (short) 500, (short) 1, (byte) 5);
        Util.arrayCopy(cells, (short) 500, cells, (short) 4, (short) 1);
    }

    private void look(APDU apdu, byte[] buffer) {
        Util.setShort(buffer, (short) 0, field);
        Util.arrayCopyNonAtomic(cells, (short) 0, buffer, (short) 2, (short) 5);
        buffer[7] = (byte) words[0];
        buffer[8] = flags[0] ? (byte) 1 : 0;
        buffer[9] = references[0] == null ? (byte) 0 : 1;
        buffer[10] = JCSystem.getTransactionDepth();
        apdu.setOutgoingAndSend((short) 0, (short) 11);
    }

    private short beginTwice() {
        JCSystem.beginTransaction();
        try {
            JCSystem.beginTransaction();
        } catch (TransactionException e) {
            return e.getReason();
        } finally {
            JCSystem.abortTransaction();
        }
        return NONE;
    }

    private static short endWithoutBegin(boolean commit) {
        try {
            if (commit) {
                JCSystem.commitTransaction();
            } else {
                JCSystem.abortTransaction();
            }
        } catch (TransactionException e) {
            return e.getReason();
        }
        return NONE;
    }

    private short writeUntilFull() {
        JCSystem.beginTransaction();
        try {
            for (short i = 0; i < CELLS; i++) {
                cells[i] = 1;
            }
        } catch (TransactionException e) {
            return e.getReason();
        } finally {
            JCSystem.abortTransaction();
        }
        return NONE;
    }
}
