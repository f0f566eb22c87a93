package unicard.application;

import javacard.framework.ISOException;
import javacard.framework.Util;

/** Services that are entitlements: valid from a day to a day, and their uses are counted. */
final class Entitlements {
    /** The count is one byte shorter than an amount. */
    private static final short USES = 3;

    private static final byte[] ONE = {0, 0, 0, 1};

    private final ObjectStore store;
    private final byte[] memory;
    private final Verification verification;

    Entitlements(ObjectStore store, Verification verification) {
        this.store = store;
        memory = store.memory();
        this.verification = verification;
    }

    /** Reckons one use more on the record at an offset; throws what is wrong first. */
    void debit(byte[] buffer, short place, short at) {
        requireOne(buffer, place);
        CommandTable.require(
                verification.satisfies(memory[(short) (at + DataTables.AT_VERIFICATION)]),
                Contract.SW_VERIFICATION_REQUIRED);
        short from = (short) (at + Layouts.ENTITLEMENT_VALID_FROM);
        short to = (short) (at + Layouts.ENTITLEMENT_VALID_TO);
        if (Amounts.isAbove(memory, from, buffer, Work.JUDGED)
                || Amounts.isAbove(buffer, Work.JUDGED, memory, to)) {
            ISOException.throwIt(Contract.SW_NOT_VALID_ON_THIS_DATE);
        }
        look(buffer, place, at);
        Amounts.add(buffer, Work.balance(place), ONE, (short) 0);
        if (buffer[Work.balance(place)] != 0) {
            ISOException.throwIt(Contract.SW_CEILING_EXCEEDED);
        }
    }

    /** Reckons one use less, as {@link #debit}. */
    void credit(byte[] buffer, short place, short at) {
        requireOne(buffer, place);
        look(buffer, place, at);
        if (Amounts.isZero(buffer, Work.balance(place))) {
            ISOException.throwIt(Contract.SW_BALANCE_TOO_SMALL);
        }
        Amounts.subtract(buffer, Work.balance(place), ONE, (short) 0);
    }

    private static void requireOne(byte[] buffer, short place) {
        if (Util.arrayCompare(buffer, Work.amount(place), ONE, (short) 0, Amounts.LENGTH) != 0) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
    }

    /** Takes the count as it is. */
    void look(byte[] buffer, short place, short at) {
        short balance = Work.balance(place);
        buffer[balance] = 0;
        short from = (short) (at + Layouts.ENTITLEMENT_USES);
        Util.arrayCopyNonAtomic(memory, from, buffer, (short) (balance + 1), USES);
    }

    /** Writes what was reckoned; inside a transaction. */
    void keep(byte[] buffer, short place, short at) {
        short uses = (short) (at + Layouts.ENTITLEMENT_USES);
        store.change(uses, buffer, (short) (Work.balance(place) + 1), USES);
    }
}
