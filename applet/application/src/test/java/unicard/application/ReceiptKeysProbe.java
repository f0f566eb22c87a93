package unicard.application;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;

/** Nothing but {@link ReceiptKeys}; of STORE DATA, DELETE, GET DATA and signing just what a test needs. */
public final class ReceiptKeysProbe extends Applet {
    static final byte SIGN = 0x2A;
    /** P1 of STORE DATA: the commit that chooses the key is aborted. */
    static final byte ABORTED = 1;

    private final Persistent lasting = new Persistent();
    private final ReceiptKeys keys = new ReceiptKeys(lasting, new Aes(new Transient()));

    /** Makes the probe. */
    public static void install(byte[] data, short offset, byte length) {
        new ReceiptKeysProbe().register();
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            keys.repair();
            return;
        }
        byte[] buffer = apdu.getBuffer();
        short length = apdu.setIncomingAndReceive();
        switch (buffer[1]) {
            case Contract.INS_STORE_DATA -> store(buffer);
            case Contract.INS_DELETE_KEY -> keys.erase();
            case Contract.INS_GET_DATA -> {
                buffer[0] = (byte) (keys.isThere() ? 1 : 0);
                buffer[1] = keys.isThere() ? keys.version() : 0;
                buffer[2] = (byte) (keysInMemory());
                apdu.setOutgoingAndSend((short) 0, (short) 3);
            }
            case SIGN -> {
                keys.sign(buffer, (short) 5, length, buffer, (short) 5);
                apdu.setOutgoingAndSend((short) 5, Layouts.MAC);
            }
            default -> ISOException.throwIt(Contract.SW_INSTRUCTION_NOT_SUPPORTED);
        }
    }

    private void store(byte[] buffer) {
        keys.prepare(buffer, (short) 5);
        JCSystem.beginTransaction();
        keys.choose();
        if (buffer[2] == ABORTED) {
            JCSystem.abortTransaction();
        } else {
            JCSystem.commitTransaction();
        }
        keys.repair();
    }

    private int keysInMemory() {
        int count = 0;
        for (int slot = 0; slot < ReceiptKeys.SLOTS; slot++) {
            count += lasting.receiptKey[slot].isInitialized() ? 1 : 0;
        }
        return count;
    }
}
