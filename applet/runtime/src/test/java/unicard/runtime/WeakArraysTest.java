package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** Arrays that the platform makes for itself. */
class WeakArraysTest {
    @Test
    void arrays_that_nobody_holds_are_forgotten_and_others_are_not() {
        WeakArrays arrays = new WeakArrays();
        byte[] held = new byte[16];
        arrays.add(held, (byte) 1, "held");
        for (int i = 0; i < 1000; i++) {
            arrays.add(new byte[16], (byte) 1, "dropped");
        }
        for (int i = 0; i < 100 && arrays.size() > 1; i++) {
            System.gc();
            Thread.onSpinWait();
        }
        assertEquals(1, arrays.size());
        arrays.forEach((array, event, owner) -> assertSame(held, array));
    }
}
