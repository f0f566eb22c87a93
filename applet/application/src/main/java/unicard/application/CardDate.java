package unicard.application;

import javacard.framework.Util;

/** The card's own date, by which it judges that of a transaction, and its expiry date. */
final class CardDate {
    /** A card that has no date counts as having this one. */
    private static final byte[] EARLIEST = {0x20, 0x00, 0x01, 0x01};

    private final ObjectStore store;
    private final short row;
    private final short validity;

    CardDate(ObjectStore store) {
        this.store = store;
        row = ObjectTable.find(Contract.TAG_CARD_DATE);
        validity = ObjectTable.find(Contract.TAG_VALIDITY);
    }

    /** Puts the later of the card's date and the request's into its place. */
    void judge(byte[] buffer) {
        Util.arrayCopyNonAtomic(buffer, Work.DATE, buffer, Work.JUDGED, Dates.LENGTH);
        if (isThere() && !isLater(buffer)) {
            short date = store.at(row, Contract.TAG_CARD_DATE);
            Util.arrayCopyNonAtomic(store.memory(), date, buffer, Work.JUDGED, Dates.LENGTH);
        }
    }

    /** Whether the judged date is after the expiry date, which stands behind the effective date. */
    boolean isExpired(byte[] buffer) {
        short expiry = (short) (store.at(validity, Contract.TAG_VALIDITY) + Dates.LENGTH);
        return Amounts.isAbove(buffer, Work.JUDGED, store.memory(), expiry);
    }

    /** Raises the card's date to the request's where that is later; inside a transaction. */
    void raise(byte[] buffer) {
        if (isLater(buffer)) {
            store.write(row, Contract.TAG_CARD_DATE, buffer, Work.DATE, Dates.LENGTH);
        }
    }

    private boolean isThere() {
        return store.length(row, Contract.TAG_CARD_DATE) != 0;
    }

    /** Whether the request's date is later than the card's. */
    private boolean isLater(byte[] buffer) {
        if (isThere()) {
            short date = store.at(row, Contract.TAG_CARD_DATE);
            return Amounts.isAbove(buffer, Work.DATE, store.memory(), date);
        }
        return Amounts.isAbove(buffer, Work.DATE, EARLIEST, (short) 0);
    }
}
