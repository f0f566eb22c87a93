package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import probes.memory.Loops;
import unicard.weave.InWorld;

/** Counted bytecodes, and the end of applets that do not end. */
@ExtendWith(InWorld.class)
class LoopTest {
    private final PersistentMemory memory = Rig.card().memory();

    @Test
    void every_turn_of_a_loop_costs_the_same() {
        long none = cost((short) 0);
        long one = cost((short) 1) - none;
        assertTrue(one >= 7 && one <= 9, "load, load, compare, load, add, narrow, store, jump: " + one);
        assertEquals(none + 1000 * one, cost((short) 1000));
    }

    private long cost(short turns) {
        memory.commandStarts();
        assertEquals(turns, Loops.count(turns));
        return memory.instructions();
    }

    @Test
    void an_endless_loop_is_ended_even_one_that_catches_everything() {
        assertThrows(Hung.class, Loops::forever);
        assertThrows(Hung.class, Loops::stubborn);
        memory.commandStarts();
        assertEquals(3, Loops.count((short) 3));
    }

    @Test
    void without_power_an_applet_ends_at_its_next_block() {
        memory.powerOff();
        long before = memory.instructions();
        assertThrows(PowerCut.class, Loops::stubborn);
        assertTrue(memory.instructions() - before < 100);
    }

    @Test
    void woven_code_decides_catches_and_finishes_as_before() {
        byte[] bytes = new byte[2];
        assertEquals(1001, Loops.shapes((short) 0, bytes));
        assertEquals(1101, Loops.shapes((short) 1, bytes));
        assertEquals(1004, Loops.shapes((short) 1000, bytes));
        assertEquals(1003, Loops.shapes((short) 1000, null));
        assertEquals(1002, Loops.shapes((short) 2, bytes));
        assertEquals(1001, Loops.shapes((short) 6, bytes));
        assertEquals(1100, Loops.shapes((short) 6, null));
        assertEquals(1101, Loops.shapes((short) 6, new byte[0]));
    }
}
