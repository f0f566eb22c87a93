package unicard.runtime;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashSet;
import java.util.Set;

/** Arrays that are remembered as long as somebody else holds them. */
final class WeakArrays {
    /** Sees an array, the event that clears it, and the package that owns it. */
    interface Visitor {
        void visit(Object array, byte event, String owner);
    }

    private static final class Entry extends WeakReference<Object> {
        private final byte event;
        private final String owner;

        Entry(Object array, ReferenceQueue<Object> queue, byte event, String owner) {
            super(array, queue);
            this.event = event;
            this.owner = owner;
        }
    }

    private final Set<Entry> entries = new HashSet<>();
    private final ReferenceQueue<Object> collected = new ReferenceQueue<>();

    void add(Object array, byte event, String owner) {
        forgetCollected();
        entries.add(new Entry(array, collected, event, owner));
    }

    void forEach(Visitor visitor) {
        forgetCollected();
        for (Entry entry : entries) {
            Object array = entry.get();
            if (array != null) {
                visitor.visit(array, entry.event, entry.owner);
            }
        }
    }

    int size() {
        forgetCollected();
        return entries.size();
    }

    private void forgetCollected() {
        for (Object gone = collected.poll(); gone != null; gone = collected.poll()) {
            entries.remove(gone);
        }
    }
}
