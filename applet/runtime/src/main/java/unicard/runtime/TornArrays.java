package unicard.runtime;

import java.lang.reflect.Array;
import java.util.Arrays;

/**
 * Copies and fills of arrays as the Java Card API has them: atomic ones are one write, others one
 * write an element, after each of which the power can fail.
 */
public final class TornArrays {
    private TornArrays() {}

    /**
     * Checks a part of an array.
     *
     * @throws NullPointerException where there is no array
     * @throws ArrayIndexOutOfBoundsException where the part does not lie in it
     */
    public static void check(Object array, int offset, int length) {
        if (offset < 0 || length < 0 || offset > Array.getLength(array) - length) {
            throw new ArrayIndexOutOfBoundsException(offset < 0 || length < 0 ? offset : offset + length);
        }
    }

    /**
     * Copies all or nothing; an open transaction can take it back.
     *
     * @param from array of the same kind as {@code to}; may be the same array
     * @throws javacard.framework.TransactionException BUFFER_FULL where the commit buffer cannot hold it
     */
    public static void copy(Object from, int fromOffset, Object to, int toOffset, int length) {
        check(from, fromOffset, length);
        check(to, toOffset, length);
        if (length > 0) {
            beforeAtomicWrite(to, toOffset, length);
            System.arraycopy(from, fromOffset, to, toOffset, length);
        }
    }

    /** Copies element by element; no transaction takes it back. */
    public static void copyNonAtomic(Object from, int fromOffset, Object to, int toOffset, int length) {
        check(from, fromOffset, length);
        check(to, toOffset, length);
        PersistentMemory memory = Hooks.memory();
        if (memory.isVolatile(to)) {
            System.arraycopy(from, fromOffset, to, toOffset, length);
            return;
        }
        Object source = from == to ? part(from, fromOffset, length) : from;
        int sourceOffset = from == to ? 0 : fromOffset;
        for (int i = 0; i < length; i++) {
            memory.willWriteForGood(to);
            System.arraycopy(source, sourceOffset + i, to, toOffset + i, 1);
        }
    }

    /** As {@link #copy}, with one value in every place. */
    public static void fill(Object to, int offset, int length, Object value) {
        check(to, offset, length);
        copy(repeated(to, length, value), 0, to, offset, length);
    }

    /** As {@link #copyNonAtomic}, with one value in every place. */
    public static void fillNonAtomic(Object to, int offset, int length, Object value) {
        check(to, offset, length);
        copyNonAtomic(repeated(to, length, value), 0, to, offset, length);
    }

    /** {@code System.arraycopy} as one conditional write, without limit of size outside a transaction. */
    public static void copyPlainly(Object from, int fromOffset, Object to, int toOffset, int length) {
        check(from, fromOffset, length);
        check(to, toOffset, length);
        PersistentMemory memory = Hooks.memory();
        if (length > 0 && !memory.isVolatile(to)) {
            memory.writer().array(to, toOffset, length);
        }
        System.arraycopy(from, fromOffset, to, toOffset, length);
    }

    private static void beforeAtomicWrite(Object to, int offset, int length) {
        PersistentMemory memory = Hooks.memory();
        if (!memory.isVolatile(to)) {
            Writer writer = memory.writer();
            writer.transaction().demand(length * Fields.size(to.getClass().getComponentType()));
            writer.array(to, offset, length);
        }
    }

    private static Object part(Object array, int offset, int length) {
        Object part = Array.newInstance(array.getClass().getComponentType(), length);
        System.arraycopy(array, offset, part, 0, length);
        return part;
    }

    private static Object repeated(Object like, int length, Object value) {
        Object filled = Array.newInstance(like.getClass().getComponentType(), length);
        if (filled instanceof byte[] bytes) {
            Arrays.fill(bytes, (Byte) value);
        } else {
            for (int i = 0; i < length; i++) {
                Array.set(filled, i, value);
            }
        }
        return filled;
    }
}
