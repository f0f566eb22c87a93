package unicard.manager.state;

/**
 * The key sets of the card, in the order of their versions. A change builds another table beside the
 * old one; writing the reference to it is the one moment at which it happens.
 */
public final class KeyRing {
    private KeySet[] sets = {};

    KeyRing() {}

    /** The present table: not to be written to. */
    public KeySet[] sets() {
        return sets;
    }

    /** Puts another table in place, made by {@link #with} and {@link #without}; one write. */
    public void put(KeySet[] table) {
        sets = table;
    }

    /** The set of a version in a table; null where there is none. */
    public static KeySet find(KeySet[] table, int version) {
        for (KeySet set : table) {
            if (set.version() == version) {
                return set;
            }
        }
        return null;
    }

    /** The complete set of the lowest version in a table; null where there is none. */
    public static KeySet firstComplete(KeySet[] table) {
        for (KeySet set : table) {
            if (set.isComplete()) {
                return set;
            }
        }
        return null;
    }

    /** A table with one set more, whose version no other has. */
    public static KeySet[] with(KeySet[] table, KeySet added) {
        KeySet[] next = new KeySet[table.length + 1];
        int at = 0;
        while (at < table.length && table[at].version() < added.version()) {
            next[at] = table[at];
            at++;
        }
        next[at] = added;
        for (; at < table.length; at++) {
            next[at + 1] = table[at];
        }
        return next;
    }

    /** A table without the set of a version. */
    public static KeySet[] without(KeySet[] table, int version) {
        if (find(table, version) == null) {
            return table;
        }
        KeySet[] next = new KeySet[table.length - 1];
        int at = 0;
        for (KeySet set : table) {
            if (set.version() != version) {
                next[at++] = set;
            }
        }
        return next;
    }
}
