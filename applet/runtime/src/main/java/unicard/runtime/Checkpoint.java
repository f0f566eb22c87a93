package unicard.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * What the persistent memory held at one moment: of each array and field that is written afterwards,
 * the old content. It grows with the places written, not with the writes.
 */
final class Checkpoint {
    private final int used;
    private final Map<Object, Object> arrays = new WeakHashMap<>();
    private final Map<Object, Map<Field, Object>> fields = new IdentityHashMap<>();
    private final Map<Object, Runnable> others = new IdentityHashMap<>();
    private Object lastArray;

    Checkpoint(int used) {
        this.used = used;
    }

    /** Bytes of memory in use at the checkpoint. */
    int used() {
        return used;
    }

    /** An array is about to be written. */
    void save(Object array) {
        if (array != lastArray) {
            arrays.computeIfAbsent(array, Checkpoint::copy);
            lastArray = array;
        }
    }

    /** A field is about to be written. */
    void save(Field field, Object holder) {
        Object key = holder == null ? field.getDeclaringClass() : holder;
        Map<Field, Object> saved = fields.computeIfAbsent(key, object -> new HashMap<>());
        if (!saved.containsKey(field)) {
            saved.put(field, Fields.get(field, holder));
        }
    }

    /** An object of the platform that no array and no field stands for is about to change. */
    void save(Object object, Runnable putBack) {
        others.putIfAbsent(object, putBack);
    }

    /** What only this checkpoint may refer to. */
    List<Object> remembered() {
        List<Object> remembered = new ArrayList<>(arrays.values());
        fields.values().forEach(saved -> remembered.addAll(saved.values()));
        remembered.addAll(others.values());
        return remembered;
    }

    void restore() {
        arrays.forEach((array, old) -> System.arraycopy(old, 0, array, 0, Array.getLength(old)));
        fields.forEach(
                (holder, saved) ->
                        saved.forEach(
                                (field, old) ->
                                        Fields.set(field, holder instanceof Class ? null : holder, old)));
        others.values().forEach(Runnable::run);
        arrays.clear();
        fields.clear();
        others.clear();
        lastArray = null;
    }

    private static Object copy(Object array) {
        int length = Array.getLength(array);
        Object copy = Array.newInstance(array.getClass().getComponentType(), length);
        System.arraycopy(array, 0, copy, 0, length);
        return copy;
    }
}
