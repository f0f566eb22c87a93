package unicard.application;

/** Whether the data field of PERFORM TRANSACTION, in the APDU buffer, is a request. */
final class Requests {
    private static final short LAST_HOUR = 23;
    private static final short LAST_MINUTE = 59;
    private static final short TIME = (short) (Work.REQUEST + Layouts.REQUEST_TIME);
    private static final short TIME_LENGTH = 3;

    private Requests() {}

    /** How many operations so many bytes have, 0 where that is no length of a request. */
    static short count(short length) {
        short parts = (short) (length - Layouts.REQUEST_LENGTH);
        boolean isWhole = parts > 0 && parts <= Work.PARTS && (short) (parts % Layouts.PART_LENGTH) == 0;
        return isWhole ? (short) (parts / Layouts.PART_LENGTH) : 0;
    }

    static boolean isReverse(byte[] buffer) {
        return buffer[Work.OPERATIONS] == Layouts.OPERATION_REVERSE;
    }

    /** Whether each field of a request of so many operations has one of its values. */
    static boolean isFormed(byte[] buffer, short count) {
        if (!Dates.isCardDate(buffer, Work.DATE) || !isTime(buffer)) {
            return false;
        }
        if (isReverse(buffer)) {
            return count == 1
                    && buffer[Work.service((short) 0)] == 0
                    && Amounts.isZero(buffer, Work.amount((short) 0));
        }
        for (short place = 0; place < count; place++) {
            if (!isOperation(buffer, place)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isTime(byte[] buffer) {
        return Formats.isDigits(buffer, TIME, TIME_LENGTH)
                && Dates.number(buffer, TIME) <= LAST_HOUR
                && Dates.number(buffer, (short) (TIME + 1)) <= LAST_MINUTE
                && Dates.number(buffer, (short) (TIME + 2)) <= LAST_MINUTE;
    }

    /** A debit or credit of an amount, on a service that no operation before it has. */
    private static boolean isOperation(byte[] buffer, short place) {
        byte operation = buffer[Work.operation(place)];
        if (operation != Layouts.OPERATION_DEBIT && operation != Layouts.OPERATION_CREDIT) {
            return false;
        }
        short amount = Work.amount(place);
        if (buffer[amount] < 0 || Amounts.isZero(buffer, amount)) {
            return false;
        }
        byte service = buffer[Work.service(place)];
        for (short before = 0; before < place; before++) {
            if (buffer[Work.service(before)] == service) {
                return false;
            }
        }
        return true;
    }
}
