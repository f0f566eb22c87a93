package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import javacard.framework.JCSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import probes.memory.Outputs;
import unicard.weave.InWorld;

/** What the platform writes into persistent arrays of an applet: torn, and not undone. */
@ExtendWith(InWorld.class)
class OutputTest {
    /** AES-128 of a block of zeros under a key of zeros (NIST SP 800-38A's AESAVS, KAT). */
    private static final byte[] ZEROS_ENCRYPTED = HexFormat.of().parseHex("66e94bd4ef8a2c3b884cfa59ca342b2e");

    private final Rig card = Rig.card();
    private final PersistentMemory memory = card.memory();
    private final Outputs outputs = new Outputs();

    private long writes(Runnable call) {
        memory.commandStarts();
        call.run();
        return memory.writes();
    }

    @Test
    void each_byte_of_an_output_is_a_write() {
        assertEquals(16, writes(outputs::encryptInPlace));
        assertArrayEquals(ZEROS_ENCRYPTED, Arrays.copyOf(outputs.out, 16));
        assertEquals(32, writes(outputs::hash));
        assertEquals(32, writes(outputs::hashByAnotherClass));
        assertEquals(16, writes(outputs::sign));
        assertEquals(9, writes(outputs::random));
        assertEquals(16, writes(outputs::key));
        assertEquals(6, writes(outputs::aid));
        assertEquals(3, writes(outputs::partOfAid));
        assertArrayEquals(new byte[] {3, 4, 5, 4, 5, 6}, Arrays.copyOfRange(outputs.out, 1, 7));
    }

    @Test
    void an_output_is_torn_where_the_power_fails() {
        assertTrue(card.cutAt(6, outputs::encryptInPlace));
        card.powerCycle();
        byte[] expected = new byte[16];
        System.arraycopy(ZEROS_ENCRYPTED, 0, expected, 0, 5);
        assertArrayEquals(expected, Arrays.copyOf(outputs.out, 16));
    }

    @Test
    void an_abort_does_not_take_an_output_back() {
        outputs.hashAndAbort();
        assertFalse(Arrays.equals(new byte[40], outputs.out));
    }

    @Test
    void an_output_into_volatile_memory_is_no_write() {
        byte[] to = JCSystem.makeTransientByteArray((short) 16, JCSystem.CLEAR_ON_RESET);
        assertEquals(0, writes(() -> outputs.encrypt(new byte[16], to)));
        assertArrayEquals(ZEROS_ENCRYPTED, to);
    }
}
