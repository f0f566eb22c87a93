package unicard.application;

/** Dates of four bytes: YYYYMMDD in BCD, years 0001 to 9999 of the Gregorian calendar. */
final class Dates {
    static final short LENGTH = 4;

    /** Days of a common year before each month, and in all. */
    private static final short[] BEFORE = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    private static final byte CENTURY = 0x20;
    private static final short MONTHS = 12;
    static final short FEBRUARY = 2;

    private Dates() {}

    /** Whether four bytes are a day of the calendar. */
    static boolean isDate(byte[] data, short at) {
        if (!Formats.isDigits(data, at, LENGTH)) {
            return false;
        }
        short century = number(data, at);
        short year = number(data, (short) (at + 1));
        short month = number(data, (short) (at + 2));
        short day = number(data, (short) (at + 3));
        if (century == 0 && year == 0 || month == 0 || month > MONTHS || day == 0) {
            return false;
        }
        short last = (short) (BEFORE[month] - daysBefore(month));
        return day <= last || month == FEBRUARY && isLeap(century, year) && day == (short) (last + 1);
    }

    /** Whether four bytes are a day that a card takes for today. */
    static boolean isCardDate(byte[] data, short at) {
        byte year = data[(short) (at + 1)];
        return data[at] == CENTURY
                && year >= Layouts.FIRST_YEAR
                && year <= Layouts.LAST_YEAR
                && isDate(data, at);
    }

    /** Whether the first date is not after the second one. */
    static boolean inOrder(byte[] data, short first, short second) {
        return !Amounts.isAbove(data, first, data, second);
    }

    /** Days of a common year before a month, 1 to 12. */
    static short daysBefore(short month) {
        return BEFORE[(short) (month - 1)];
    }

    /** A year that ends a century is a leap year when the century's number can be divided by four. */
    private static boolean isLeap(short century, short year) {
        short deciding = year == 0 ? century : year;
        return (short) (deciding & 3) == 0;
    }

    /** The two digits of a byte. */
    static short number(byte[] data, short at) {
        return (short) ((short) (data[at] >> 4 & 0x0F) * 10 + (data[at] & 0x0F));
    }
}
