package unicard.application;

/**
 * The whole data groupings of one command, to be committed together. One that comes twice is there once:
 * the last one counts, and a commit is never larger than what the contract's groupings come to.
 */
final class DgiBatch {
    /**
     * Place of a content that came in parts: it lies in {@link Transient#held} or in its object's spare
     * slot. Any other place is one in the APDU buffer.
     */
    static final short HELD = -1;

    /** Elements of transient memory that a batch needs. */
    static final short MEMORY = 1 + 3 * DataTables.DGIS_IN_ALL;

    private static final short TAG = 0;
    private static final short PLACE = 1;
    private static final short LENGTH = 2;
    private static final short ENTRY = 3;

    /** Count, then the entries. */
    private final short[] entries;

    DgiBatch(Transient ram) {
        entries = ram.batch;
    }

    void clear() {
        entries[0] = 0;
    }

    short count() {
        return entries[0];
    }

    /** The number of the entry with this tag; -1 where there is none. */
    short find(short tag) {
        for (short i = 0; i < count(); i++) {
            if (tag(i) == tag) {
                return i;
            }
        }
        return -1;
    }

    /** Takes a grouping in, or in the place of one with the same tag. */
    void put(short tag, short place, short length) {
        short number = find(tag);
        if (number < 0) {
            number = entries[0]++;
        }
        short at = (short) (1 + number * ENTRY);
        entries[(short) (at + TAG)] = tag;
        entries[(short) (at + PLACE)] = place;
        entries[(short) (at + LENGTH)] = length;
    }

    short tag(short number) {
        return get(number, TAG);
    }

    short place(short number) {
        return get(number, PLACE);
    }

    short length(short number) {
        return get(number, LENGTH);
    }

    private short get(short number, short column) {
        return entries[(short) (1 + number * ENTRY + column)];
    }
}
