package unicard.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import javacard.framework.SystemException;

/** How much of the memory is taken, and by which objects. */
final class Room {
    /** Bytes that every object and array costs besides its content. */
    static final int HEADER = 8;

    private final int capacity;
    private final WeakTable sizes = new WeakTable();
    private final Set<Object> created = Collections.newSetFromMap(new IdentityHashMap<>());
    private int used;
    private int createdBytes;

    Room(int capacity) {
        this.capacity = capacity;
    }

    static int sizeOfArray(Object array) {
        return HEADER + Array.getLength(array) * Fields.size(array.getClass().getComponentType());
    }

    /** Header and fields of an instance. */
    static int sizeOfObject(Class<?> type) {
        int size = HEADER;
        for (Class<?> part = type; part != null; part = part.getSuperclass()) {
            for (Field field : part.getDeclaredFields()) {
                size += Modifier.isStatic(field.getModifiers()) ? 0 : Fields.size(field.getType());
            }
        }
        return size;
    }

    /** @throws SystemException NO_RESOURCE where there is no room */
    void demand(int size) {
        if (size > capacity - used) {
            SystemException.throwIt(SystemException.NO_RESOURCE);
        }
    }

    /** @param inTransaction whether an abort gives the object back */
    void take(Object object, int size, boolean inTransaction) {
        int before = sizes.get(object);
        sizes.put(object, Math.max(0, before) + size);
        used += size;
        if (inTransaction && (before < 0 || created.contains(object))) {
            created.add(object);
            createdBytes += size;
        }
    }

    boolean knows(Object object) {
        return sizes.get(object) >= 0;
    }

    boolean createdInTransaction(Object object) {
        return created.contains(object);
    }

    Set<Object> created() {
        return created;
    }

    void keepCreated() {
        created.clear();
        createdBytes = 0;
    }

    void giveBackCreated() {
        if (!created.isEmpty()) {
            sizes.retain(object -> !created.contains(object));
            used -= createdBytes;
            keepCreated();
        }
    }

    /**
     * Charges from now on only what is reached.
     *
     * @param remembered what is reached, and what a restored checkpoint would bring back
     */
    void keep(Set<Object> reached, Set<Object> remembered) {
        sizes.retain(remembered::contains);
        used = sizes.sum(reached::contains);
    }

    void setUsed(int bytes) {
        used = bytes;
    }

    int used() {
        return used;
    }

    int free() {
        return capacity - used;
    }
}
