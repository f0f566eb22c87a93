package unicard.runtime;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Walks from objects, and from the static fields of woven classes, to what they refer to. Of objects
 * that the JVM itself or the shared libraries define, collections are entered and others not.
 */
final class Reach {
    private final Set<Object> reached = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Object> waiting = new ArrayDeque<>();
    private final Map<Class<?>, List<Field>> references = new HashMap<>();

    private Reach() {}

    static Set<Object> from(Iterable<?> roots) {
        Reach walk = new Reach();
        roots.forEach(walk::meet);
        Fields.writtenStatics().forEach(walk::meetStatic);
        while (!walk.waiting.isEmpty()) {
            walk.enter(walk.waiting.pop());
        }
        return walk.reached;
    }

    private void meetStatic(Field field) {
        try {
            meet(Fields.get(field, null));
        } catch (LinkageError broken) {
            // Its class failed to initialise: nobody will ever read the field.
        }
    }

    /** What a WeakTable holds, it holds weakly: its last answers too are no reason to keep an object. */
    private void meet(Object object) {
        if (object != null && !(object instanceof WeakTable) && reached.add(object)) {
            waiting.push(object);
        }
    }

    private void enter(Object object) {
        if (object instanceof AppletHost) {
            // Through it the domain reaches the runtime, whose records of writes know every object.
            return;
        }
        if (object instanceof Object[] array) {
            for (Object element : array) {
                meet(element);
            }
        } else if (object.getClass().getClassLoader() == Reach.class.getClassLoader()) {
            for (Class<?> type = object.getClass(); type != null; type = type.getSuperclass()) {
                for (Field field : references(type)) {
                    if (!Modifier.isStatic(field.getModifiers())) {
                        meet(Fields.get(field, object));
                    }
                }
            }
        } else if (object instanceof Map<?, ?> map) {
            map.keySet().forEach(this::meet);
            map.values().forEach(this::meet);
        } else if (object instanceof Iterable<?> collection) {
            collection.forEach(this::meet);
        }
    }

    private List<Field> references(Class<?> type) {
        List<Field> known = references.get(type);
        if (known == null) {
            known = new ArrayList<>();
            if (type.getClassLoader() == Reach.class.getClassLoader()) {
                for (Field field : type.getDeclaredFields()) {
                    if (!field.getType().isPrimitive()) {
                        field.setAccessible(true);
                        known.add(field);
                    }
                }
            }
            references.put(type, known);
        }
        return known;
    }
}
