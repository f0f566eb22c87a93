package unicard.application;

import javacard.framework.Util;

/** The operations of a transaction: what each does to its service, reckoned first and written then. */
final class Basket {
    private final ServiceTable services;
    private final byte[] memory;
    private final Purses purses;
    private final Quotas quotas;
    private final Entitlements entitlements;

    Basket(ServiceTable services, ObjectStore store, Verification verification, Purses purses) {
        this.services = services;
        memory = store.memory();
        this.purses = purses;
        quotas = new Quotas(store, verification);
        entitlements = new Entitlements(store, verification);
    }

    /** Reckons so many operations in their order; the first one that fails decides what is thrown. */
    void reckon(byte[] buffer, short count, byte role) {
        find(buffer, count);
        for (short place = 0; place < count; place++) {
            boolean isDebit = buffer[Work.operation(place)] == Layouts.OPERATION_DEBIT;
            short at = Util.getShort(buffer, Work.record(place));
            admit(buffer, count, at, isDebit, role);
            reckon(buffer, place, at, isDebit, role);
        }
    }

    /** Looks where the record of each operation's service is. */
    private void find(byte[] buffer, short count) {
        for (short place = 0; place < count; place++) {
            short at = services.find(buffer[Work.service(place)]);
            Util.setShort(buffer, Work.record(place), at);
        }
    }

    private byte kind(short at) {
        return memory[(short) (at + DataTables.AT_KIND)];
    }

    /** Throws what forbids the operation on the record at an offset, whatever it does there. */
    private void admit(byte[] buffer, short count, short at, boolean isDebit, byte role) {
        CommandTable.require(at != ServiceTable.NONE, Contract.SW_REFERENCED_DATA_NOT_FOUND);
        boolean enabled = (memory[(short) (at + DataTables.AT_FLAGS)] & DataTables.ENABLED) != 0;
        CommandTable.require(enabled, Contract.SW_SERVICE_DISABLED);
        short roles = isDebit ? DataTables.AT_DEBIT_ROLES : DataTables.AT_CREDIT_ROLES;
        boolean mayDo = isAmong(role, Util.getShort(memory, (short) (at + roles)));
        if (isDebit && kind(at) == Layouts.KIND_PURSE && !isAmong(role, Layouts.PURSE_ALONE)) {
            mayDo = mayDo && debitsAnotherKind(buffer, count);
        }
        CommandTable.require(mayDo, Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
    }

    private static boolean isAmong(byte role, short roles) {
        return (short) (roles & (short) (1 << role)) != 0;
    }

    /** Whether some operation debits a service that is no purse. */
    private boolean debitsAnotherKind(byte[] buffer, short count) {
        for (short place = 0; place < count; place++) {
            short at = Util.getShort(buffer, Work.record(place));
            boolean isDebit = buffer[Work.operation(place)] == Layouts.OPERATION_DEBIT;
            if (isDebit && at != ServiceTable.NONE && kind(at) != Layouts.KIND_PURSE) {
                return true;
            }
        }
        return false;
    }

    private void reckon(byte[] buffer, short place, short at, boolean isDebit, byte role) {
        byte kind = kind(at);
        if (kind == Layouts.KIND_PURSE) {
            if (isDebit) {
                purses.debit(buffer, place, at, role);
            } else {
                purses.credit(buffer, place, at, role);
            }
        } else if (kind == Layouts.KIND_QUOTA) {
            if (isDebit) {
                quotas.debit(buffer, place, at);
            } else {
                quotas.credit(buffer, place, at);
            }
        } else if (isDebit) {
            entitlements.debit(buffer, place, at);
        } else {
            entitlements.credit(buffer, place, at);
        }
    }

    /**
     * Reckons how the operations in a record of the log are taken back, which then stand in the request's place;
     * returns how many.
     */
    short reckonBack(byte[] buffer, byte[] log, short record) {
        short operations = (short) (record + Layouts.RECEIPT_OPERATIONS);
        Util.arrayCopyNonAtomic(log, operations, buffer, Work.OPERATIONS, Work.PARTS);
        short count = (short) log[(short) (record + TransactionLog.BALANCES)];
        find(buffer, count);
        for (short place = 0; place < count; place++) {
            boolean wasDebit = buffer[Work.operation(place)] == Layouts.OPERATION_DEBIT;
            reckonBack(buffer, place, Util.getShort(buffer, Work.record(place)), wasDebit);
        }
        return count;
    }

    /** What was debited is added: but of uses, which a debit has counted up, taken. */
    private void reckonBack(byte[] buffer, short place, short at, boolean wasDebit) {
        boolean adds = wasDebit;
        byte kind = kind(at);
        if (kind == Layouts.KIND_PURSE) {
            purses.lookBack(buffer, place, at);
        } else if (kind == Layouts.KIND_QUOTA) {
            quotas.look(buffer, place, at);
        } else {
            entitlements.look(buffer, place, at);
            adds = !wasDebit;
        }
        if (adds) {
            Amounts.add(buffer, Work.balance(place), buffer, Work.amount(place));
        } else {
            Amounts.subtract(buffer, Work.balance(place), buffer, Work.amount(place));
        }
    }

    /** Writes what was reckoned of so many operations; inside a transaction. */
    void keep(byte[] buffer, short count) {
        for (short place = 0; place < count; place++) {
            short at = Util.getShort(buffer, Work.record(place));
            byte kind = kind(at);
            if (kind == Layouts.KIND_PURSE) {
                purses.keep(buffer, place, at);
            } else if (kind == Layouts.KIND_QUOTA) {
                quotas.keep(buffer, place, at);
            } else {
                entitlements.keep(buffer, place, at);
            }
        }
    }
}
