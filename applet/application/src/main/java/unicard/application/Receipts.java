package unicard.application;

import javacard.framework.Util;

/** Makes the record of a transaction, which is receipt and stored answer, and the answer out of it. */
final class Receipts {
    private static final short NUMBER = 3;
    private static final short NAME = Layouts.REQUEST_CARD_TRANSACTION_NUMBER;
    private static final short WHEN = (short) (Layouts.REQUEST_LENGTH - Layouts.REQUEST_DATE);
    private static final short CARD_NUMBER = 8;

    /** What a transaction changes of {@code Persistent.newest}: number and receipt MAC. */
    static final short NEWEST = (short) (NUMBER + Layouts.MAC);

    private final Persistent lasting;
    private final Objects objects;
    private final ReceiptKeys keys;

    Receipts(Persistent lasting, Objects objects, ReceiptKeys keys) {
        this.lasting = lasting;
        this.objects = objects;
        this.keys = keys;
    }

    /** Whether a request's card transaction number is the card's. */
    boolean isCurrent(byte[] buffer) {
        short at = (short) (Work.REQUEST + Layouts.REQUEST_CARD_TRANSACTION_NUMBER);
        return Util.arrayCompare(lasting.newest, (short) 0, buffer, at, NUMBER) == 0;
    }

    /** Whether the card has had all its transactions. */
    boolean isUsedUp() {
        return lasting.newest[0] == -1 && lasting.newest[1] == -1 && lasting.newest[2] == -1;
    }

    /** Begins the record with what the request says: length and operations as they came. */
    void begin(byte[] buffer, short count, byte role, byte flags) {
        Util.arrayFillNonAtomic(buffer, Work.RECORD, TransactionLog.RECORD, (byte) 0);
        put(buffer, Layouts.RECEIPT_RECEIPT_KEY_VERSION, keys.version());
        put(buffer, Layouts.RECEIPT_ROLE, role);
        objects.copy(Contract.TAG_CARD_SERIAL, buffer, at(Layouts.RECEIPT_CARD_SERIAL));
        next(buffer, at(Layouts.RECEIPT_TRANSACTION_NUMBER));
        copy(buffer, Layouts.REQUEST_TERMINAL_ID, Layouts.RECEIPT_TERMINAL_ID, NAME);
        copy(buffer, Layouts.REQUEST_DATE, Layouts.RECEIPT_DATE, WHEN);
        short parts = (short) (count * Layouts.PART_LENGTH);
        copy(buffer, Layouts.REQUEST_LENGTH, Layouts.RECEIPT_OPERATIONS, parts);
        if ((flags & Layouts.FLAG_ACTIVATION) != 0) {
            short replaced = at(Layouts.RECEIPT_REPLACED_CARD_NUMBER);
            objects.copy(Contract.TAG_REPLACED_CARD_NUMBER, buffer, replaced);
        }
        put(buffer, Layouts.RECEIPT_FLAGS, flags);
    }

    private static short at(short field) {
        return (short) (Work.RECORD + field);
    }

    private static void put(byte[] buffer, short field, byte value) {
        buffer[at(field)] = value;
    }

    private static void copy(byte[] buffer, short from, short field, short length) {
        Util.arrayCopyNonAtomic(buffer, (short) (Work.REQUEST + from), buffer, at(field), length);
    }

    /** Writes the number after the card's. */
    private void next(byte[] buffer, short at) {
        short carry = 1;
        for (short i = NUMBER - 1; i >= 0; i--) {
            carry += (short) (lasting.newest[i] & 0xFF);
            buffer[(short) (at + i)] = (byte) carry;
            carry = (short) (carry >> 8);
        }
    }

    /** Ends the record, whose balances are there, so many: signs it. */
    void end(byte[] buffer, short balances) {
        short mac = at(TransactionLog.RECEIPT_MAC);
        keys.sign(buffer, Work.RECORD, Layouts.RECEIPT_LENGTH, buffer, mac);
        put(buffer, TransactionLog.BALANCES, (byte) balances);
        short number = at(Layouts.RECEIPT_TRANSACTION_NUMBER);
        short end = Util.arrayCopyNonAtomic(buffer, number, buffer, Work.SUM, NUMBER);
        Util.arrayCopyNonAtomic(buffer, mac, buffer, end, Layouts.MAC);
    }

    /** Makes number and MAC of the record the newest; inside a transaction. */
    void keep(byte[] buffer) {
        Util.arrayCopy(buffer, Work.SUM, lasting.newest, (short) 0, NEWEST);
    }

    /** Writes the answer of a record; returns where it ends. */
    static short answer(byte[] log, short record, byte[] target, short at) {
        short number = (short) (record + Layouts.RECEIPT_TRANSACTION_NUMBER);
        short end = Util.arrayCopyNonAtomic(log, number, target, at, NUMBER);
        byte flags = log[(short) (record + Layouts.RECEIPT_FLAGS)];
        target[end++] = log[(short) (record + Layouts.RECEIPT_RECEIPT_KEY_VERSION)];
        target[end++] = flags;
        short mac = (short) (record + TransactionLog.RECEIPT_MAC);
        end = Util.arrayCopyNonAtomic(log, mac, target, end, Layouts.MAC);
        short balances = (short) (record + Layouts.RECEIPT_NEW_BALANCES);
        short count = log[(short) (record + TransactionLog.BALANCES)];
        end = Util.arrayCopyNonAtomic(log, balances, target, end, (short) (count * Amounts.LENGTH));
        if ((flags & Layouts.FLAG_ACTIVATION) != 0) {
            short replaced = (short) (record + Layouts.RECEIPT_REPLACED_CARD_NUMBER);
            end = Util.arrayCopyNonAtomic(log, replaced, target, end, CARD_NUMBER);
        }
        return end;
    }
}
