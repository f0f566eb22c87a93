package unicard.runtime.api;

import java.util.Arrays;
import javacard.framework.JCSystem;
import unicard.runtime.TornArrays;

/** Static methods that write into arrays, for woven code: each call is atomic and conditional. */
public final class PlainJava {
    private PlainJava() {}

    /** {@code System.arraycopy}; without limit of size outside a transaction. */
    public static void arraycopy(Object from, int fromOffset, Object to, int toOffset, int length) {
        TornArrays.copyPlainly(from, fromOffset, to, toOffset, length);
    }

    /** {@code Arrays.fill}. */
    public static void fill(byte[] array, byte value) {
        fill(array, 0, array.length, value);
    }

    /** {@code Arrays.fill}. */
    public static void fill(byte[] array, int from, int to, byte value) {
        byte[] filled = new byte[Math.max(0, to - from)];
        Arrays.fill(filled, value);
        arraycopy(filled, 0, array, from, to - from);
    }

    /** {@code JCSystem.getAvailableMemory} into an array. */
    public static void getAvailableMemory(short[] buffer, short offset, byte memoryType) {
        short[] answer = new short[2];
        JCSystem.getAvailableMemory(answer, (short) 0, memoryType);
        TornArrays.copyNonAtomic(answer, 0, buffer, offset, 2);
    }
}
