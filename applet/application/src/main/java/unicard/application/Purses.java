package unicard.application;

import javacard.framework.ISOException;
import javacard.framework.Util;

/** Services that are purses: money, and what is counted of it beside their records. */
final class Purses {
    /** What is counted of one purse: unverified spent, debits since LOAD. */
    static final short UNVERIFIED_SPENT = 0;
    static final short DEBITS_SINCE_LOAD = 4;
    static final short COUNTERS = 8;

    /** Persistent bytes for what is counted, and transient ones for what was before a transaction. */
    static final short MEMORY = (short) (Contract.LIMIT_SERVICES * COUNTERS);
    static final short BEFORE = (short) (Layouts.MOST_OPERATIONS * COUNTERS);

    /** A limit of a role: its number, the limit. */
    private static final short LIMIT = 5;

    private static final byte[] NOTHING = {0, 0, 0, 0};

    private final ObjectStore store;
    private final byte[] memory;
    private final Verification verification;
    private final byte[] counted;
    private final byte[] before;

    Purses(Persistent lasting, Transient ram, ObjectStore store, Verification verification) {
        this.store = store;
        memory = store.memory();
        this.verification = verification;
        counted = lasting.purseCounters;
        before = ram.countedBefore;
    }

    /** Where in {@code Persistent.purseCounters} those of a service begin, id 1 to 16. */
    static short countersOf(byte id) {
        return (short) ((short) (id - 1) * COUNTERS);
    }

    /** Reckons a debit on the record at an offset: balance and counters; throws what is wrong first. */
    void debit(byte[] buffer, short place, short at, byte role) {
        short amount = Work.amount(place);
        short balance = begin(buffer, place, at, role);
        short unverified = (short) (Work.counters(place) + UNVERIFIED_SPENT);
        if (verification.satisfies(memory[(short) (at + DataTables.AT_VERIFICATION)])) {
            Util.arrayFillNonAtomic(buffer, unverified, Amounts.LENGTH, (byte) 0);
        } else {
            Amounts.add(buffer, unverified, buffer, amount);
            short allowance = (short) (at + Layouts.PURSE_UNVERIFIED_ALLOWANCE);
            refuseAbove(buffer, unverified, memory, allowance, Contract.SW_VERIFICATION_REQUIRED);
        }
        short limit = limitOf(role, at);
        if (limit != 0) {
            refuseAbove(buffer, amount, memory, limit, Contract.SW_TRANSACTION_LIMIT_EXCEEDED);
        }
        refuseAbove(buffer, amount, buffer, balance, Contract.SW_BALANCE_TOO_SMALL);
        short debits = (short) (Work.counters(place) + DEBITS_SINCE_LOAD);
        Amounts.add(buffer, debits, buffer, amount);
        short most = (short) (at + Layouts.PURSE_DEBIT_LIMIT);
        refuseAbove(buffer, debits, memory, most, Contract.SW_DEBIT_LIMIT_EXCEEDED);
        Amounts.subtract(buffer, balance, buffer, amount);
    }

    /** Reckons a credit, as {@link #debit}. */
    void credit(byte[] buffer, short place, short at, byte role) {
        short balance = begin(buffer, place, at, role);
        Amounts.add(buffer, balance, buffer, Work.amount(place));
        short ceiling = (short) (at + Layouts.PURSE_CEILING);
        refuseAbove(buffer, balance, memory, ceiling, Contract.SW_CEILING_EXCEEDED);
    }

    /** Takes balance and counters as they are, debits as none in a LOAD session; where the balance stands. */
    private short begin(byte[] buffer, short place, short at, byte role) {
        short from = countersOf(buffer[Work.service(place)]);
        short counters = Work.counters(place);
        Util.arrayCopyNonAtomic(counted, from, buffer, counters, COUNTERS);
        Util.arrayCopyNonAtomic(counted, from, before, (short) (place * COUNTERS), COUNTERS);
        if (role == Transactions.LOAD) {
            short debits = (short) (counters + DEBITS_SINCE_LOAD);
            Util.arrayFillNonAtomic(buffer, debits, Amounts.LENGTH, (byte) 0);
        }
        return look(buffer, place, at);
    }

    private short look(byte[] buffer, short place, short at) {
        short balance = Work.balance(place);
        short from = (short) (at + Layouts.PURSE_BALANCE);
        Util.arrayCopyNonAtomic(memory, from, buffer, balance, Amounts.LENGTH);
        return balance;
    }

    private static void refuseAbove(byte[] one, short at, byte[] most, short from, short statusWord) {
        if (Amounts.isAbove(one, at, most, from)) {
            ISOException.throwIt(statusWord);
        }
    }

    /** Where a role's limit for one transaction is in the memory; 0: it has none. */
    private short limitOf(byte role, short at) {
        short limit = (short) (at + Layouts.PURSE_LENGTH);
        for (short count = memory[(short) (at + Layouts.PURSE_LIMITS)]; count > 0; count--) {
            if (memory[limit] == role) {
                return (short) (limit + 1);
            }
            limit += LIMIT;
        }
        return 0;
    }

    /** Takes the balance as it is, to be reversed, and the counters as they were before the transaction. */
    void lookBack(byte[] buffer, short place, short at) {
        look(buffer, place, at);
        short from = (short) (place * COUNTERS);
        Util.arrayCopyNonAtomic(before, from, buffer, Work.counters(place), COUNTERS);
    }

    /** Writes what was reckoned; inside a transaction. */
    void keep(byte[] buffer, short place, short at) {
        short balance = (short) (at + Layouts.PURSE_BALANCE);
        store.change(balance, buffer, Work.balance(place), Amounts.LENGTH);
        short target = countersOf(buffer[Work.service(place)]);
        short counters = Work.counters(place);
        if (Util.arrayCompare(counted, target, buffer, counters, COUNTERS) != 0) {
            Util.arrayCopy(buffer, counters, counted, target, COUNTERS);
        }
    }

    /** Sets debits since LOAD of every purse to 0; inside a transaction. */
    void forgetDebits() {
        for (short at = DEBITS_SINCE_LOAD; at < MEMORY; at += COUNTERS) {
            if (!Amounts.isZero(counted, at)) {
                Util.arrayCopy(NOTHING, (short) 0, counted, at, Amounts.LENGTH);
            }
        }
    }
}
