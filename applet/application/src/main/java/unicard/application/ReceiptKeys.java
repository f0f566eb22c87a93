package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/**
 * The key that signs receipts, in two slots: a new one is written to the spare slot, which can be torn, and
 * counts from the commit on that changes the slots over.
 */
final class ReceiptKeys {
    /** No receipt key. */
    static final short NONE = 0;

    private final Persistent lasting;
    private final Aes aes;

    ReceiptKeys(Persistent lasting, Aes aes) {
        this.lasting = lasting;
        this.aes = aes;
    }

    /** Whether there is a key to sign with. */
    boolean isThere() {
        return false;
    }

    /** Version of the key that signs; 0 where there is none. */
    byte version() {
        return NONE;
    }

    /** Writes the first 8 bytes of the CMAC of so many bytes; both arrays may be the same. */
    void sign(byte[] data, short at, short length, byte[] target, short targetAt) {
        ISOException.throwIt(ISO7816.SW_UNKNOWN);
    }

    /** Puts version (1) and key (16) into the spare slot; outside transactions. */
    void prepare(byte[] content, short at) {
        ISOException.throwIt(ISO7816.SW_UNKNOWN);
    }

    /** Changes the slots over; inside a transaction. */
    void choose() {
        ISOException.throwIt(ISO7816.SW_UNKNOWN);
    }

    /** Erases both keys; at termination. */
    void erase() {}
}
