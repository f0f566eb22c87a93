package unicard.manager.state;

import java.util.List;

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

    /** Puts another table in place; one write. */
    public void put(List<KeySet> table) {
        sets = table.stream().sorted(KeyRing::compare).toArray(KeySet[]::new);
    }

    private static int compare(KeySet one, KeySet other) {
        return Integer.compare(one.version(), other.version());
    }

    /** The set of a version; null where there is none. */
    public KeySet find(int version) {
        for (KeySet set : sets) {
            if (set.version() == version) {
                return set;
            }
        }
        return null;
    }

    /** The complete set of the lowest version; null where there is none. */
    public KeySet firstComplete() {
        for (KeySet set : sets) {
            if (set.isComplete()) {
                return set;
            }
        }
        return null;
    }
}
