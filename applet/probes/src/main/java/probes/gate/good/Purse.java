package probes.gate.good;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.TransactionException;
import javacard.framework.Util;

/** A purse behind a PIN: 10 verifies, 20 credits, 30 debits, 40 reads, 50 signs the balance. */
public final class Purse extends Applet {
    private static final byte CLA = (byte) 0x80;
    private static final byte VERIFY = 0x10;
    private static final byte CREDIT = 0x20;
    private static final byte DEBIT = 0x30;
    private static final byte READ = 0x40;
    private static final byte SIGN = 0x50;

    private final PurseState state;
    private final PurseScratch scratch;

    private Purse(byte[] data, short offset) {
        scratch = new PurseScratch();
        state = new PurseState(data, offset);
    }

    /** Parameters: nothing, or the ceiling in two bytes. */
    public static void install(byte[] data, short offset, byte length) {
        short aid = (short) (offset + 1);
        byte aidLength = data[offset];
        short at = (short) (offset + aidLength + 1);
        at = (short) (at + data[at] + 1);
        Purse purse = new Purse(data, at);
        if (aidLength == 0) {
            purse.register();
        } else {
            purse.register(data, aid, aidLength);
        }
    }

    @Override
    public boolean select() {
        state.pin.reset();
        return true;
    }

    @Override
    public void deselect() {
        state.pin.reset();
        scratch.clear();
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        if (buffer[ISO7816.OFFSET_CLA] != CLA) {
            ISOException.throwIt(ISO7816.SW_CLA_NOT_SUPPORTED);
        }
        switch (buffer[ISO7816.OFFSET_INS]) {
            case VERIFY:
                verify(apdu, buffer);
                break;
            case CREDIT:
            case DEBIT:
                move(apdu, buffer);
                break;
            case READ:
                Util.setShort(buffer, (short) 0, state.balance());
                apdu.setOutgoingAndSend((short) 0, (short) 2);
                break;
            case SIGN:
                apdu.setOutgoingAndSend((short) 0, scratch.seal(state, buffer));
                break;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }

    private void verify(APDU apdu, byte[] buffer) {
        short length = apdu.setIncomingAndReceive();
        if (length < 4 || length > PurseState.PIN_SIZE) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        if (!state.pin.check(buffer, ISO7816.OFFSET_CDATA, (byte) length)) {
            ISOException.throwIt((short) (0x63C0 | state.pin.getTriesRemaining()));
        }
    }

    private void move(APDU apdu, byte[] buffer) {
        if (!state.pin.isValidated()) {
            ISOException.throwIt(ISO7816.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        if (apdu.setIncomingAndReceive() != 2) {
            ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
        }
        short amount = Util.getShort(buffer, ISO7816.OFFSET_CDATA);
        boolean credit = buffer[ISO7816.OFFSET_INS] == CREDIT;
        JCSystem.beginTransaction();
        try {
            state.move(credit ? amount : (short) -amount);
            JCSystem.commitTransaction();
        } catch (TransactionException e) {
            JCSystem.abortTransaction();
            ISOException.throwIt(ISO7816.SW_FILE_FULL);
        } finally {
            scratch.clear();
        }
    }
}
