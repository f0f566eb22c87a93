package unicard.application;

import javacard.framework.Util;

/**
 * The key that signs receipts, in two slots: a new one is written to the spare slot, which can be torn, and
 * counts from the commit on that changes the slots over. What is then spare is erased.
 */
final class ReceiptKeys {
    static final short SLOTS = 2;

    /** Value of {@code Persistent.receiptSlot} without key; else the number of the slot and one. */
    private static final byte NONE = 0;

    private final Persistent lasting;
    private final Aes aes;

    ReceiptKeys(Persistent lasting, Aes aes) {
        this.lasting = lasting;
        this.aes = aes;
    }

    /** Whether there is a key to sign with. */
    boolean isThere() {
        return lasting.receiptSlot != NONE;
    }

    /** Version of the key that signs; only where there is one. */
    byte version() {
        return lasting.receiptVersion[chosen()];
    }

    /** Writes the first 8 bytes of the CMAC of so many bytes; both arrays may be the same. */
    void sign(byte[] data, short at, short length, byte[] target, short targetAt) {
        aes.sign(lasting.receiptKey[chosen()], data, at, length, target, targetAt);
    }

    /** Puts version (1) and key (16) into the spare slot, and wipes them; outside transactions. */
    void prepare(byte[] content, short at) {
        short spare = spare();
        lasting.spareReceiptSlotUsed = true;
        lasting.receiptKey[spare].setKey(content, (short) (at + 1));
        lasting.receiptVersion[spare] = content[at];
        Util.arrayFillNonAtomic(content, at, (short) (1 + Aes.BLOCK), (byte) 0);
    }

    /** Changes the slots over; inside a transaction. */
    void choose() {
        lasting.receiptSlot = (byte) (spare() + 1);
    }

    private short chosen() {
        return (short) (lasting.receiptSlot - 1);
    }

    private short spare() {
        return (short) (lasting.receiptSlot == 1 ? 1 : 0);
    }

    /** Erases the key that was replaced, or that nobody chose; after each commit, and at SELECT. */
    void repair() {
        if (lasting.spareReceiptSlotUsed) {
            lasting.receiptKey[spare()].clearKey();
            lasting.spareReceiptSlotUsed = false;
        }
    }

    /** Erases both keys; at termination. */
    void erase() {
        if (isThere() || lasting.spareReceiptSlotUsed) {
            for (short slot = 0; slot < SLOTS; slot++) {
                lasting.receiptKey[slot].clearKey();
            }
            lasting.spareReceiptSlotUsed = false;
            lasting.receiptSlot = NONE;
        }
    }
}
