package unicard.application;

/** Which period a date from 2000-01-01 to 2079-12-31 lies in: numbers from 0 on that fit a short. */
final class Periods {
    /** Period kinds of quotas; of any other one there is period 0 alone. */
    private static final byte DAY = 1;
    private static final byte MONTH = 2;

    private static final short YEAR = 365;
    private static final short MONTHS = 12;

    private Periods() {}

    /** The period of a date, by the period kind. */
    static short of(byte kind, byte[] date, short at) {
        switch (kind) {
            case DAY:
                return day(date, at);
            case MONTH:
                return month(date, at);
            default:
                return 0;
        }
    }

    /** Days since 2000-01-01. From 2000 to 2079 every fourth year has a day more. */
    static short day(byte[] date, short at) {
        short year = Dates.number(date, (short) (at + 1));
        short month = Dates.number(date, (short) (at + 2));
        short leapDays = (short) ((short) (year + 3) >> 2);
        if ((year & 3) == 0 && month > Dates.FEBRUARY) {
            leapDays++;
        }
        short days = (short) (Dates.number(date, (short) (at + 3)) - 1);
        return (short) (year * YEAR + leapDays + Dates.daysBefore(month) + days);
    }

    /** Months since January 2000. */
    static short month(byte[] date, short at) {
        short year = Dates.number(date, (short) (at + 1));
        return (short) (year * MONTHS + Dates.number(date, (short) (at + 2)) - 1);
    }
}
