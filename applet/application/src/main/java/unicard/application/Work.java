package unicard.application;

import javacard.framework.ISO7816;

/**
 * Where the parts of a transaction lie in the APDU buffer while it is made: the request as it came, then the
 * record that comes of it, then for each operation what is reckoned.
 */
final class Work {
    static final short REQUEST = ISO7816.OFFSET_CDATA;
    static final short DATE = (short) (REQUEST + Layouts.REQUEST_DATE);
    static final short OPERATIONS = (short) (REQUEST + Layouts.REQUEST_LENGTH);

    /** Bytes of all places of operations. */
    static final short PARTS = (short) (Layouts.MOST_OPERATIONS * Layouts.PART_LENGTH);

    static final short RECORD = (short) (OPERATIONS + PARTS);
    private static final short BALANCES = (short) (RECORD + Layouts.RECEIPT_NEW_BALANCES);

    /** Of each operation: where the service's record begins, the period, what the purse has counted. */
    private static final short RECORDS = (short) (RECORD + TransactionLog.RECORD);
    private static final short PERIODS = (short) (RECORDS + 2 * Layouts.MOST_OPERATIONS);
    private static final short COUNTERS = (short) (PERIODS + 2 * Layouts.MOST_OPERATIONS);

    /** The later of the transaction's date and the card's. */
    static final short JUDGED = (short) (COUNTERS + Purses.COUNTERS * Layouts.MOST_OPERATIONS);

    /** A sum; in the end transaction number and receipt MAC. */
    static final short SUM = (short) (JUDGED + Dates.LENGTH);

    private Work() {}

    /** The operation of this place, 0 to 3. */
    static short operation(short place) {
        return (short) (OPERATIONS + place * Layouts.PART_LENGTH);
    }

    static short service(short place) {
        return (short) (operation(place) + Layouts.PART_SERVICE);
    }

    static short amount(short place) {
        return (short) (operation(place) + Layouts.PART_AMOUNT);
    }

    /** The new balance, in the receipt. */
    static short balance(short place) {
        return (short) (BALANCES + place * Amounts.LENGTH);
    }

    static short record(short place) {
        return (short) (RECORDS + 2 * place);
    }

    static short period(short place) {
        return (short) (PERIODS + 2 * place);
    }

    static short counters(short place) {
        return (short) (COUNTERS + Purses.COUNTERS * place);
    }
}
