package unicard.runtime;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import unicard.weave.FieldSites;

/** The fields that woven code writes, found once each. */
final class Fields {
    private static Field[] found = new Field[64];

    private static boolean[] staticsWritten = new boolean[64];

    private Fields() {}

    /** Remembers a static field that is written: only through such can objects be reached. */
    static void staticIsWritten(int site) {
        if (site >= staticsWritten.length) {
            staticsWritten = Arrays.copyOf(staticsWritten, site * 2);
        }
        staticsWritten[site] = true;
    }

    /** The static fields of woven classes that refer to objects. */
    static List<Field> writtenStatics() {
        List<Field> fields = new ArrayList<>();
        for (int site = 0; site < staticsWritten.length; site++) {
            if (staticsWritten[site] && !at(site).getType().isPrimitive()) {
                fields.add(at(site));
            }
        }
        return fields;
    }

    /** @param site number that {@link FieldSites} gave to the field */
    static Field at(int site) {
        if (site >= found.length) {
            found = Arrays.copyOf(found, Math.max(site + 1, found.length * 2));
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
