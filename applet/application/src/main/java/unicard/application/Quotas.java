package unicard.application;

import javacard.framework.ISOException;
import javacard.framework.Util;

/** Services that are quotas: so much a period, of which some may be carried over. */
final class Quotas {
    private static final short PERIOD = 2;
    private static final short SIGN = (short) 0x8000;

    private final ObjectStore store;
    private final byte[] memory;
    private final Verification verification;

    Quotas(ObjectStore store, Verification verification) {
        this.store = store;
        memory = store.memory();
        this.verification = verification;
    }

    /** Reckons a debit on the record at an offset: new balance and period; throws what is wrong first. */
    void debit(byte[] buffer, short place, short at) {
        CommandTable.require(
                verification.satisfies(memory[(short) (at + DataTables.AT_VERIFICATION)]),
                Contract.SW_VERIFICATION_REQUIRED);
        short balance = reach(buffer, place, at);
        short amount = Work.amount(place);
        if (Amounts.isAbove(buffer, amount, memory, (short) (at + Layouts.QUOTA_TRANSACTION_LIMIT))) {
            ISOException.throwIt(Contract.SW_TRANSACTION_LIMIT_EXCEEDED);
        }
        if (Amounts.isAbove(buffer, amount, buffer, balance)) {
            ISOException.throwIt(Contract.SW_BALANCE_TOO_SMALL);
        }
        Amounts.subtract(buffer, balance, buffer, amount);
    }

    /** Reckons a credit, as {@link #debit}. */
    void credit(byte[] buffer, short place, short at) {
        short balance = reach(buffer, place, at);
        Amounts.add(buffer, balance, buffer, Work.amount(place));
        copy(memory, (short) (at + Layouts.QUOTA_CARRY_OVER_CEILING), buffer, Work.SUM);
        Amounts.addBounded(buffer, Work.SUM, memory, (short) (at + Layouts.QUOTA_ALLOWANCE));
        if (Amounts.isAbove(buffer, balance, buffer, Work.SUM)) {
            ISOException.throwIt(Contract.SW_CEILING_EXCEEDED);
        }
    }

    /** Goes to the period of the request's date; returns where the balance then stands. */
    private short reach(byte[] buffer, short place, short at) {
        short current = Util.getShort(memory, (short) (at + Layouts.QUOTA_CURRENT_PERIOD));
        byte kind = memory[(short) (at + Layouts.QUOTA_PERIOD_KIND)];
        short period = Periods.of(kind, buffer, Work.DATE);
        if (isBefore(period, current)) {
            ISOException.throwIt(Contract.SW_PERIOD_IS_PAST);
        }
        Util.setShort(buffer, Work.period(place), period);
        short balance = Work.balance(place);
        copy(memory, (short) (at + Layouts.QUOTA_BALANCE), buffer, balance);
        if (period != current) {
            if (isBefore(Util.getShort(memory, (short) (at + Layouts.QUOTA_HORIZON)), period)) {
                ISOException.throwIt(Contract.SW_PERIOD_BEYOND_THE_HORIZON);
            }
            roll(buffer, balance, memory, at, (short) (period - current));
        }
        return balance;
    }

    /** Gives a balance what so many periods bring, unsigned and at least one. */
    static void roll(byte[] buffer, short balance, byte[] memory, short at, short periods) {
        short allowance = (short) (at + Layouts.QUOTA_ALLOWANCE);
        copy(memory, allowance, buffer, Work.SUM);
        Amounts.addTimes(buffer, balance, buffer, Work.SUM, (short) (periods - 1));
        short ceiling = (short) (at + Layouts.QUOTA_CARRY_OVER_CEILING);
        if (Amounts.isAbove(buffer, balance, memory, ceiling)) {
            copy(memory, ceiling, buffer, balance);
        }
        Amounts.addBounded(buffer, balance, memory, allowance);
    }

    private static void copy(byte[] source, short from, byte[] target, short at) {
        Util.arrayCopyNonAtomic(source, from, target, at, Amounts.LENGTH);
    }

    private static boolean isBefore(short one, short other) {
        return (short) (one ^ SIGN) < (short) (other ^ SIGN);
    }

    /** Takes the balance as it is, to be reversed; the period stays. */
    void look(byte[] buffer, short place, short at) {
        copy(memory, (short) (at + Layouts.QUOTA_BALANCE), buffer, Work.balance(place));
        short current = (short) (at + Layouts.QUOTA_CURRENT_PERIOD);
        Util.arrayCopyNonAtomic(memory, current, buffer, Work.period(place), PERIOD);
    }

    /** Writes what was reckoned; inside a transaction. */
    void keep(byte[] buffer, short place, short at) {
        store.change((short) (at + Layouts.QUOTA_CURRENT_PERIOD), buffer, Work.period(place), PERIOD);
        store.change(
                (short) (at + Layouts.QUOTA_BALANCE), buffer, Work.balance(place), Amounts.LENGTH);
    }
}
