package probes.rules;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** Moves amounts between two accounts: rightly, or with one of the mistakes that a tear brings to light. */
public final class Mover extends Applet {
    private static final byte SIZE = 6;
    private static final short FIRST = 100;

    private final byte[] spare;
    private final byte[] current;
    private short left;
    private short right;
    private boolean spareIsValid;

    private Mover() {
        spare = new byte[SIZE];
        current = new byte[SIZE];
        left = FIRST;
        Util.setShort(current, (short) 0, FIRST);
    }

    public static void install(byte[] data, short offset, byte length) {
        new Mover().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public boolean select() {
        if (spareIsValid) {
            takeSpare();
        }
        return true;
    }

    /** A repair that may be cut and repeated. */
    private void takeSpare() {
        Util.arrayCopyNonAtomic(spare, (short) 0, current, (short) 0, SIZE);
        spareIsValid = false;
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        short amount = Util.getShort(buffer, ISO7816.OFFSET_P1);
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x01: // both fields, both accounts in the array
                Util.setShort(buffer, (short) 0, left);
                Util.setShort(buffer, (short) 2, right);
                Util.arrayCopyNonAtomic(current, (short) 0, buffer, (short) 4, (short) 4);
                apdu.setOutgoingAndSend((short) 0, (short) 8);
                return;
            case 0x02: // in a transaction
                JCSystem.beginTransaction();
                left -= amount;
                right += amount;
                Util.setShort(current, (short) 0, left);
                Util.setShort(current, (short) 2, right);
                JCSystem.commitTransaction();
                return;
            case 0x03: // in a transaction, but for one write
                left -= amount;
                JCSystem.beginTransaction();
                right += amount;
                Util.setShort(current, (short) 0, left);
                Util.setShort(current, (short) 2, right);
                JCSystem.commitTransaction();
                return;
            case 0x04: // to the spare, then one flag, then the repair that select would do
                fillSpare(amount);
                spareIsValid = true;
                takeSpare();
                return;
            case 0x05: // the flag too early
                spareIsValid = true;
                fillSpare(amount);
                takeSpare();
                return;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }

    private void fillSpare(short amount) {
        Util.setShort(spare, (short) 0, (short) (Util.getShort(current, (short) 0) - amount));
        Util.setShort(spare, (short) 2, (short) (Util.getShort(current, (short) 2) + amount));
    }
}
