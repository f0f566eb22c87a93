package unicard.application;

/** The contract's rows of data objects: finding one, and reading a column of it. */
final class ObjectTable {
    /** No such object. */
    static final short NONE = -1;

    private ObjectTable() {}

    /** The row of the object with this tag, else {@link #NONE}. */
    static short find(short tag) {
        return row(DataTables.OBJECTS, DataTables.OBJECT_ROW, tag);
    }

    /** The row of a table that begins with first tag and count; {@link #NONE} where none has the tag. */
    static short row(short[] table, short length, short tag) {
        for (short row = 0; row < (short) table.length; row += length) {
            short further = (short) (tag - table[row]);
            if (further >= 0 && further < table[(short) (row + 1)]) {
                return row;
            }
        }
        return NONE;
    }

    static short get(short row, short column) {
        return DataTables.OBJECTS[(short) (row + column)];
    }

    static boolean has(short row, short column, short bit) {
        return (short) (get(row, column) & bit) != 0;
    }

    static boolean takesLength(short row, short length) {
        return length >= get(row, DataTables.OBJECT_LEAST) && length <= get(row, DataTables.OBJECT_MOST);
    }
}
