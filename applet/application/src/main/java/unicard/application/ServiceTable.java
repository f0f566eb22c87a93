package unicard.application;

import javacard.framework.JCSystem;
import javacard.framework.Util;

/**
 * The service table: a record in each place, whose number is the service's id. What transactions have made
 * of a service stays when the issuer changes its settings.
 */
final class ServiceTable {
    /** No such service. */
    static final short NONE = -1;

    /** What transactions change lies in one piece of a record; of a quota also period and horizon. */
    private static final short PURSE_STATE = 4;
    private static final short QUOTA_STATE = 8;
    private static final short ENTITLEMENT_STATE = 3;

    private static final short PERIOD = 2;

    private final Persistent lasting;
    private final ObjectStore store;
    private final byte[] memory;
    private final short row;

    ServiceTable(Persistent lasting, ObjectStore store) {
        this.lasting = lasting;
        this.store = store;
        memory = store.memory();
        row = ObjectTable.find(Contract.TAG_SERVICE_RECORD_1);
    }

    /** Where the record of a service begins in the memory of values, else {@link #NONE}. */
    short find(byte id) {
        short number = (short) (id & 0xFF);
        boolean isPlace = number > 0 && number <= Contract.LIMIT_SERVICES;
        return isPlace ? at((short) (Contract.TAG_SERVICE_RECORD_1 + number - 1)) : NONE;
    }

    /** As {@link #find}, but by the object that the record is. */
    private short at(short tag) {
        return store.length(row, tag) == 0 ? NONE : store.at(row, tag);
    }

    /** Whether this is a record of the table; its place is another question. */
    static boolean isRecord(short tag) {
        short number = (short) (tag - Contract.TAG_SERVICE_RECORD_1);
        return number >= 0 && number < Contract.LIMIT_SERVICES;
    }

    /**
     * Whether a well-formed record can take its place: under its own number, and on an issued card without
     * making another kind of what is there, or money.
     */
    boolean takes(short tag, byte[] record, short from) {
        short number = (short) (tag - Contract.TAG_SERVICE_RECORD_1 + 1);
        if (record[(short) (from + DataTables.AT_ID)] != (byte) number) {
            return false;
        }
        if (!lasting.personalized) {
            return true;
        }
        short old = at(tag);
        byte kind = record[(short) (from + DataTables.AT_KIND)];
        if (old == NONE) {
            return kind != Layouts.KIND_PURSE || isEmpty(record, (short) (from + Layouts.PURSE_BALANCE));
        }
        return kind == memory[(short) (old + DataTables.AT_KIND)];
    }

    private static boolean isEmpty(byte[] record, short balance) {
        return Util.getShort(record, balance) == 0 && Util.getShort(record, (short) (balance + 2)) == 0;
    }

    /** Writes into a new record what the card keeps of the one in its place. */
    void keep(short tag, byte[] record, short from) {
        short old = at(tag);
        if (lasting.personalized && old != NONE) {
            byte kind = memory[(short) (old + DataTables.AT_KIND)];
            short state = state(kind);
            Util.arrayCopyNonAtomic(
                    memory, (short) (old + state), record, (short) (from + state), stateLength(kind));
        }
    }

    private static short state(byte kind) {
        if (kind == Layouts.KIND_PURSE) {
            return Layouts.PURSE_BALANCE;
        }
        return kind == Layouts.KIND_QUOTA ? Layouts.QUOTA_CURRENT_PERIOD : Layouts.ENTITLEMENT_USES;
    }

    private static short stateLength(byte kind) {
        if (kind == Layouts.KIND_PURSE) {
            return PURSE_STATE;
        }
        return kind == Layouts.KIND_QUOTA ? QUOTA_STATE : ENTITLEMENT_STATE;
    }

    /** SET STATUS of a service, one write: 6A88 where there is none, 6985 where it is so already. */
    void enable(byte id, boolean enabled) {
        short record = find(id);
        CommandTable.require(record != NONE, Contract.SW_REFERENCED_DATA_NOT_FOUND);
        short flags = (short) (record + DataTables.AT_FLAGS);
        byte wanted = enabled ? (byte) DataTables.ENABLED : 0;
        CommandTable.require(
                memory[flags] != wanted, Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
        memory[flags] = wanted;
    }

    /** Where current period and horizon of a quota are, by its object of them; {@link #NONE}: no quota. */
    private short periodAt(short tag) {
        short record = find((byte) (tag - Contract.TAG_SERVICE_PERIOD_1 + 1));
        boolean isQuota =
                record != NONE
                        && memory[(short) (record + DataTables.AT_KIND)] == Layouts.KIND_QUOTA;
        return isQuota ? (short) (record + Layouts.QUOTA_CURRENT_PERIOD) : NONE;
    }

    /** Writes current period and horizon; returns how many bytes, 0 where there is no quota. */
    short period(short tag, byte[] target, short at) {
        short period = periodAt(tag);
        if (period == NONE) {
            return 0;
        }
        Util.arrayCopyNonAtomic(memory, period, target, at, (short) (2 * PERIOD));
        return (short) (2 * PERIOD);
    }

    /** PUT DATA of current period and horizon: 6A88 where there is no quota, 6A80 unless they fit. */
    void setPeriod(short tag, byte[] data, short at, short length) {
        short period = periodAt(tag);
        CommandTable.require(period != NONE, Contract.SW_REFERENCED_DATA_NOT_FOUND);
        CommandTable.require(
                length == (short) (2 * PERIOD)
                        && isUpTo(data, at, memory, period)
                        && isUpTo(data, at, data, (short) (at + PERIOD)),
                Contract.SW_INCORRECT_DATA);
        JCSystem.beginTransaction();
        Util.arrayCopy(data, at, memory, period, length);
        JCSystem.commitTransaction();
    }

    /** Whether a number of two bytes without sign is not above another one. */
    private static boolean isUpTo(byte[] one, short at, byte[] other, short from) {
        short flipped = (short) (Util.getShort(one, at) ^ Short.MIN_VALUE);
        return flipped <= (short) (Util.getShort(other, from) ^ Short.MIN_VALUE);
    }

    /** Writes id, unverified spent and debits since LOAD of each purse; returns how many bytes. */
    short counters(byte[] target, short offset) {
        short end = offset;
        for (short number = 1; number <= Contract.LIMIT_SERVICES; number++) {
            short record = find((byte) number);
            if (record != NONE
                    && memory[(short) (record + DataTables.AT_KIND)] == Layouts.KIND_PURSE) {
                target[end++] = (byte) number;
                short at = Purses.countersOf((byte) number);
                end = Util.arrayCopyNonAtomic(
                        lasting.purseCounters, at, target, end, Purses.COUNTERS);
            }
        }
        return (short) (end - offset);
    }
}
