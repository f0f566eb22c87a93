package unicard.runtime;

import java.lang.ref.WeakReference;
import java.util.function.Predicate;

/**
 * Objects told apart by identity and held weakly, each with a number. It is asked at every store, so
 * it probes linearly in one array and remembers its last two answers.
 */
final class WeakTable {
    private static final int ABSENT = -1;

    private static final class Entry extends WeakReference<Object> {
        private final int value;

        Entry(Object object, int value) {
            super(object);
            this.value = value;
        }
    }

    private Entry[] entries = new Entry[64];
    private int filled;
    private Object lastMember;
    private Object lastStranger;

    boolean contains(Object object) {
        if (object == lastStranger) {
            return false;
        }
        if (object == lastMember) {
            return true;
        }
        boolean member = get(object) != ABSENT;
        if (member) {
            lastMember = object;
        } else {
            lastStranger = object;
        }
        return member;
    }

    /** The number of an object, -1 where it is not here. */
    int get(Object object) {
        Entry entry = entries[slot(object)];
        return entry == null ? ABSENT : entry.value;
    }

    /** @param value from 0 */
    void put(Object object, int value) {
        forgetAnswers();
        int slot = slot(object);
        if (entries[slot] == null && (filled + 1) * 2 > entries.length) {
            rebuild(kept -> true);
            slot = slot(object);
        }
        Entry entry = new Entry(object, value);
        filled += entries[slot] == null ? 1 : 0;
        entries[slot] = entry;
    }

    /** Drops what does not pass, and what the JVM has collected. */
    void retain(Predicate<Object> passes) {
        forgetAnswers();
        rebuild(passes);
    }

    /** Sum of the numbers of what passes. */
    int sum(Predicate<Object> passes) {
        int sum = 0;
        for (Entry entry : entries) {
            Object object = entry == null ? null : entry.get();
            sum += object != null && passes.test(object) ? entry.value : 0;
        }
        return sum;
    }

    private int slot(Object object) {
        return slot(entries, object);
    }

    private static int slot(Entry[] table, Object object) {
        int mask = table.length - 1;
        int slot = System.identityHashCode(object) & mask;
        while (table[slot] != null && !table[slot].refersTo(object)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    /** An applet's recursion may run out of stack in here: the table changes when all is done. */
    private void rebuild(Predicate<Object> passes) {
        int alive = 0;
        for (Entry entry : entries) {
            alive += entry != null && entry.get() != null ? 1 : 0;
        }
        Entry[] next = new Entry[Math.max(64, Integer.highestOneBit(alive + 1) * 8)];
        int moved = 0;
        for (Entry entry : entries) {
            Object object = entry == null ? null : entry.get();
            if (object != null && passes.test(object)) {
                next[slot(next, object)] = entry;
                moved++;
            }
        }
        entries = next;
        filled = moved;
    }

    private void forgetAnswers() {
        lastMember = null;
        lastStranger = null;
    }
}
