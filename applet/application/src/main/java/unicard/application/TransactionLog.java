package unicard.application;

import javacard.framework.Util;

/**
 * The newest 20 transactions in a ring of 21 slots: the free one takes a record before the commit, which then
 * makes it the newest. A record is receipt, its MAC, and how many balances its answer has.
 */
final class TransactionLog {
    static final short RECEIPT_MAC = Layouts.RECEIPT_LENGTH;
    static final short BALANCES = (short) (RECEIPT_MAC + Layouts.MAC);
    static final short RECORD = (short) (BALANCES + 1);

    private static final short SLOTS = (short) (Contract.LIMIT_LOG_RECORDS + 1);

    /** Persistent bytes for records, and for what says where they are. */
    static final short MEMORY = (short) (SLOTS * RECORD);
    static final short PLACES = 2;

    /** Number of the free slot, and of records. */
    private static final short FREE = 0;
    private static final short COUNT = 1;

    static final short NONE = -1;

    /** Terminal id and terminal transaction number, which are side by side. */
    private static final short NAME = Layouts.REQUEST_CARD_TRANSACTION_NUMBER;
    private static final short NUMBER = 3;
    private static final short WHEN = (short) (Layouts.REQUEST_LENGTH - Layouts.REQUEST_DATE);

    private final byte[] memory;
    private final byte[] places;

    TransactionLog(Persistent lasting) {
        memory = lasting.log;
        places = lasting.logPlaces;
    }

    /** The bytes that {@link #at} points into; only to be read. */
    byte[] memory() {
        return memory;
    }

    /** How many records there are, 0 to 20. */
    short count() {
        return places[COUNT];
    }

    /** Where the record of this number begins; 1 is the newest, and there are so many. */
    short at(short number) {
        short slot = (short) (places[FREE] - number);
        return (short) ((slot < 0 ? (short) (slot + SLOTS) : slot) * RECORD);
    }

    /** Where the record begins that has a request's name, else {@link #NONE}. */
    short find(byte[] request, short at) {
        for (short number = 1; number <= count(); number++) {
            short record = at(number);
            short name = (short) (record + Layouts.RECEIPT_TERMINAL_ID);
            if (Util.arrayCompare(memory, name, request, at, NAME) == 0) {
                return record;
            }
        }
        return NONE;
    }

    /** Whether the record of a request's name is that of the same role and the same bytes, so many. */
    boolean isSame(short record, byte[] request, short at, short length, byte role) {
        if (memory[(short) (record + Layouts.RECEIPT_ROLE)] != role) {
            return false;
        }
        short parts = (short) (length - Layouts.REQUEST_LENGTH);
        short operations = (short) (record + Layouts.RECEIPT_OPERATIONS);
        short number = (short) (at + Layouts.REQUEST_CARD_TRANSACTION_NUMBER);
        short date = (short) (record + Layouts.RECEIPT_DATE);
        return follows((short) (record + Layouts.RECEIPT_TRANSACTION_NUMBER), request, number)
                && Util.arrayCompare(
                                memory, date, request, (short) (at + Layouts.REQUEST_DATE), WHEN)
                        == 0
                && lengthOf(operations) == parts
                && Util.arrayCompare(
                                memory, operations, request, (short) (at + Layouts.REQUEST_LENGTH), parts)
                        == 0;
    }

    /** Whether a record's transaction number is the one after a request's. */
    private boolean follows(short record, byte[] request, short at) {
        short carry = 1;
        for (short i = NUMBER - 1; i >= 0; i--) {
            carry += (short) (request[(short) (at + i)] & 0xFF);
            if (memory[(short) (record + i)] != (byte) carry) {
                return false;
            }
            carry = (short) (carry >> 8);
        }
        return true; // number 0 has no record: no request of the last number fits one
    }

    /** Bytes of a record's operations: places that are not used are zeros, an operation's first byte never. */
    private short lengthOf(short operations) {
        short length = 0;
        while (length < Layouts.MOST_OPERATIONS * Layouts.PART_LENGTH
                && memory[(short) (operations + length)] != 0) {
            length += Layouts.PART_LENGTH;
        }
        return length;
    }

    /** Writes a record to the free slot, where nobody reads it; outside transactions. */
    void prepare(byte[] record, short at) {
        Util.arrayCopyNonAtomic(record, at, memory, (short) (places[FREE] * RECORD), RECORD);
    }

    /** Makes the record of the free slot the newest; inside a transaction. */
    void append() {
        byte next = (byte) (places[FREE] + 1);
        places[FREE] = next == SLOTS ? 0 : next;
        if (places[COUNT] < Contract.LIMIT_LOG_RECORDS) {
            places[COUNT]++;
        }
    }
}
