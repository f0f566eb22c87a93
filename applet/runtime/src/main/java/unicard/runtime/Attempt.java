package unicard.runtime;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * An install that may yet turn out to have failed: what it made, and what its conditional writes
 * replaced in anything that was there before (JCRE 3.0.5, 3.1 and 11.1.5).
 */
final class Attempt {
    private final Set<Object> made = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Undo> entries = new ArrayList<>();

    /** Objects that must be out of everybody's reach when the install has failed. */
    Set<Object> made() {
        return made;
    }

    /** What is to be put back, the oldest first. */
    List<Undo> entries() {
        return entries;
    }

    void makes(Object object) {
        made.add(object);
    }

    /** A part of an array is about to be written. */
    void note(Object array, int offset, int length) {
        if (!made.contains(array)) {
            entries.add(Undo.range(array, offset, length));
        }
    }

    /** @param holder null for a static field */
    void note(Field field, Object holder) {
        if (holder == null || !made.contains(holder)) {
            entries.add(new Undo.OneField(field, holder, Fields.get(field, holder)));
        }
    }
}
