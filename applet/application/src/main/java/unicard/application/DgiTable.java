package unicard.application;

/** The contract's rows of data groupings, and the objects that their parts go to. */
final class DgiTable {
    /** No such grouping. */
    static final short NONE = ObjectTable.NONE;

    private DgiTable() {}

    /** The row of the grouping with this tag, else {@link #NONE}. */
    static short find(short tag) {
        return ObjectTable.row(DataTables.DGIS, DataTables.DGI_ROW, tag);
    }

    static short get(short row, short column) {
        return DataTables.DGIS[(short) (row + column)];
    }

    static boolean isSecret(short row) {
        return get(row, DataTables.DGI_SECRET) != 0;
    }

    static short parts(short row) {
        return get(row, DataTables.DGI_PARTS_COUNT);
    }

    /** The object that a part of the grouping goes to. */
    static short object(short row, short tag, short part) {
        return (short) (part(row, part, DataTables.PART_TAG) + tag - get(row, DataTables.DGI_TAG));
    }

    /** The length of a part in a grouping whose content is so long. */
    static short length(short row, short part, short content) {
        short length = part(row, part, DataTables.PART_LENGTH);
        return length == 0 ? content : length;
    }

    /** Whether the content is one object's that has two slots. */
    static boolean hasSlots(short row, short tag) {
        return parts(row) == 1 && ObjectStore.hasSlots(ObjectTable.find(object(row, tag, (short) 0)));
    }

    private static short part(short row, short part, short column) {
        short first = (short) (get(row, DataTables.DGI_PARTS) + part);
        return DataTables.PARTS[(short) (first * DataTables.PART_ROW + column)];
    }
}
