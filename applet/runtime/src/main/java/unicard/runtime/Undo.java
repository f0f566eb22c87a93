package unicard.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.Field;

/** How one write is put back: an entry of the commit buffer. */
sealed interface Undo {
    void putBack();

    /** What stood in a part of an array, of any kind. */
    static Undo range(Object array, int offset, int length) {
        if (length == 1 && array instanceof byte[] bytes) {
            return new OneByte(bytes, offset, bytes[offset]);
        }
        Object old = Array.newInstance(array.getClass().getComponentType(), length);
        System.arraycopy(array, offset, old, 0, length);
        return new Range(array, offset, old, length);
    }

    record OneByte(byte[] array, int index, byte old) implements Undo {
        @Override
        public void putBack() {
            array[index] = old;
        }
    }

    record Range(Object array, int offset, Object old, int length) implements Undo {
        @Override
        public void putBack() {
            System.arraycopy(old, 0, array, offset, length);
        }
    }

    /** @param holder null for a static field */
    record OneField(Field field, Object holder, Object old) implements Undo {
        @Override
        public void putBack() {
            Fields.set(field, holder, old);
        }
    }
}
