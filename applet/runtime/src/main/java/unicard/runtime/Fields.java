package unicard.runtime;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import unicard.weave.FieldSites;

/** The fields that woven code writes, found once each. */
final class Fields {
    private static Field[] found = new Field[64];

    private Fields() {}

    /** @param site number that {@link FieldSites} gave to the field */
    static Field at(int site) {
        if (site >= found.length) {
            found = java.util.Arrays.copyOf(found, Math.max(site + 1, found.length * 2));
        }
        if (found[site] == null) {
            found[site] = find(FieldSites.at(site));
        }
        return found[site];
    }

    private static Field find(FieldSites.Site site) {
        try {
            Class<?> owner = Class.forName(site.owner(), false, Fields.class.getClassLoader());
            for (Class<?> type = owner; type != null; type = type.getSuperclass()) {
                for (Field field : type.getDeclaredFields()) {
                    if (field.getName().equals(site.name())) {
                        field.setAccessible(true);
                        return field;
                    }
                }
            }
        } catch (ClassNotFoundException missing) {
            throw new NoClassDefFoundError(site.owner());
        }
        throw new NoSuchFieldError(site.owner() + "." + site.name());
    }

    static Object get(Field field, Object holder) {
        try {
            return field.get(holder);
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static void set(Field field, Object holder, Object value) {
        try {
            field.set(holder, value);
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Whether a field is assigned once, by the constructor, so that there is nothing to go back to. */
    static boolean isFinal(Field field) {
        return Modifier.isFinal(field.getModifiers());
    }

    /** Bytes that a field takes on a card: references have two, as on most platforms. */
    static int size(Class<?> type) {
        if (type == byte.class || type == boolean.class) {
            return 1;
        }
        if (type == int.class || type == float.class) {
            return 4;
        }
        return type == long.class || type == double.class ? 8 : 2;
    }
}
