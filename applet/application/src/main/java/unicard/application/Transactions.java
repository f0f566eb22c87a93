package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/** PERFORM TRANSACTION: performs a basket, takes the one before it back, or answers what became of one. */
final class Transactions {
    private static final byte QUERY = 1;

    private final Persistent lasting;
    private final Transient ram;
    private final Session session;
    private final Objects objects;
    private final ReceiptKeys receiptKeys;
    private final TransactionLog log;

    Transactions(
            Persistent lasting, Transient ram, Session session, Objects objects, ReceiptKeys receiptKeys) {
        this.lasting = lasting;
        this.ram = ram;
        this.session = session;
        this.objects = objects;
        this.receiptKeys = receiptKeys;
        log = new TransactionLog(lasting);
    }

    /**
     * Told of every command, refused ones too, once its protection has been taken off: any but a query
     * disarms a reverse. What was armed before is left to the command itself.
     */
    void commandComes(byte[] buffer) {}

    /** Performs or queries: command in the buffer, answer from offset 0; returns its length. */
    short run(byte[] buffer, short length) {
        if (buffer[ISO7816.OFFSET_P1] == QUERY) {
            ISOException.throwIt(ISO7816.SW_UNKNOWN);
        }
        ISOException.throwIt(ISO7816.SW_UNKNOWN);
        return 0;
    }

    /** READ RECORD: command in the buffer, answer from offset 0; returns its length. */
    short readRecord(byte[] buffer, short length) {
        ISOException.throwIt(ISO7816.SW_UNKNOWN);
        return 0;
    }

    /** How many records the log has, 0 to 20. */
    short records() {
        return log.count();
    }
}
