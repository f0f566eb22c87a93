package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import javacard.framework.JCSystem;
import javacard.framework.TransactionException;
import javacardx.framework.util.UtilException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import probes.memory.Copies;
import unicard.weave.InWorld;

/** Util and ArrayLogic (Java Card 3.0.5 API): atomic copies whole, others torn at each element. */
@ExtendWith(InWorld.class)
class CopyTest {
    private static final byte[] SOURCE = {50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61};

    private final Rig card = Rig.card(new PersistentMemory(16, 4096, false));
    private final PersistentMemory memory = card.memory();
    private final Copies copies = new Copies();

    @Test
    void an_atomic_copy_is_one_write_and_a_cut_at_it_changes_nothing() {
        assertTrue(card.cutAt(1, () -> copies.copy(SOURCE, (short) 2, (short) 4, (short) 5)));
        card.powerCycle();
        assertArrayEquals(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, copies.bytes);
        assertFalse(card.cutAt(2, () -> copies.copy(SOURCE, (short) 2, (short) 4, (short) 5)));
        assertArrayEquals(new byte[] {0, 1, 2, 3, 52, 53, 54, 55, 56, 9, 10, 11}, copies.bytes);
    }

    @Test
    void a_cut_at_the_n_th_byte_of_a_copy_leaves_the_bytes_before_it() {
        memory.checkpoint();
        for (int cut = 1; cut <= 5; cut++) {
            memory.restore();
            memory.powerOn();
            assertTrue(card.cutAt(cut, () -> copies.copyNonAtomic(SOURCE, (short) 2, (short) 4, (short) 5)));
            card.powerCycle();
            for (int i = 0; i < 12; i++) {
                int expected = i >= 4 && i < 4 + cut - 1 ? SOURCE[2 + i - 4] : i;
                assertEquals(expected, copies.bytes[i], "byte " + i + " after a cut at " + cut);
            }
        }
        assertFalse(card.cutAt(6, () -> copies.copyNonAtomic(SOURCE, (short) 2, (short) 4, (short) 5)));
    }

    @Test
    void a_cut_at_the_n_th_byte_of_a_fill_leaves_the_bytes_before_it() {
        assertTrue(card.cutAt(3, () -> copies.fillNonAtomic((short) 1, (short) 4, (byte) 9)));
        card.powerCycle();
        assertArrayEquals(new byte[] {0, 9, 9, 3, 4, 5, 6, 7, 8, 9, 10, 11}, copies.bytes);
        assertTrue(card.cutAt(1, () -> copies.fill((short) 1, (short) 4, (byte) 8)));
        card.powerCycle();
        assertEquals(9, copies.bytes[1]);
        assertFalse(card.cutAt(2, () -> copies.fill((short) 1, (short) 4, (byte) 8)));
        assertArrayEquals(new byte[] {0, 8, 8, 8, 8, 5, 6, 7, 8, 9, 10, 11}, copies.bytes);
    }

    @Test
    void a_short_can_be_torn_outside_a_transaction_only() {
        assertTrue(card.cutAt(2, () -> copies.setShort((short) 3, (short) 0x7172)));
        card.powerCycle();
        assertEquals(0x7104, copies.getShort((short) 3));
        JCSystem.beginTransaction();
        copies.setShort((short) 3, (short) 0x0304);
        assertEquals(16 - 8, JCSystem.getUnusedCommitCapacity());
        card.powerCycle();
        assertEquals(0x7104, copies.getShort((short) 3));
    }

    @Test
    void the_commit_buffer_bounds_atomic_copies_also_outside_a_transaction() {
        copies.copy(SOURCE, (short) 0, (short) 0, (short) 10);
        assertEquals(16, memory.commitPeak());
        assertFull(() -> copies.copy(SOURCE, (short) 1, (short) 0, (short) 11));
        assertFull(() -> copies.fill((short) 0, (short) 11, (byte) 1));
        assertEquals(50, copies.bytes[0]);
        copies.copyNonAtomic(SOURCE, (short) 0, (short) 0, (short) 12);
        assertArrayEquals(SOURCE, copies.bytes);
    }

    @Test
    void a_copy_into_volatile_memory_is_no_write() {
        byte[] volatileArray = JCSystem.makeTransientByteArray((short) 12, JCSystem.CLEAR_ON_RESET);
        copies.bytes = volatileArray;
        memory.commandStarts();
        copies.copy(SOURCE, (short) 0, (short) 0, (short) 12);
        copies.copyNonAtomic(SOURCE, (short) 0, (short) 0, (short) 12);
        copies.fill((short) 3, (short) 2, (byte) 1);
        copies.setShort((short) 5, (short) 1);
        assertEquals(0, memory.writes());
        assertArrayEquals(new byte[] {50, 51, 52, 1, 1, 0, 1, 57, 58, 59, 60, 61}, volatileArray);
    }

    @Test
    void an_abort_takes_back_a_conditional_copy_and_leaves_a_non_atomic_one() {
        JCSystem.beginTransaction();
        copies.copy(SOURCE, (short) 0, (short) 0, (short) 2);
        copies.copyNonAtomic(SOURCE, (short) 0, (short) 4, (short) 2);
        JCSystem.abortTransaction();
        assertArrayEquals(new byte[] {0, 1, 2, 3, 50, 51, 6, 7, 8, 9, 10, 11}, copies.bytes);
    }

    @Test
    void where_a_conditional_write_came_first_an_abort_puts_its_old_value_back() {
        copies.mixAndAbort((byte) 70, (byte) 71);
        assertEquals(0, copies.bytes[0]);
        assertEquals(71, copies.bytes[1]);
    }

    @Test
    void a_copy_within_an_array_reads_all_before_it_writes() {
        copies.copyNonAtomic(copies.bytes, (short) 0, (short) 2, (short) 6);
        assertArrayEquals(new byte[] {0, 1, 0, 1, 2, 3, 4, 5, 8, 9, 10, 11}, copies.bytes);
        copies.copy(copies.bytes, (short) 2, (short) 0, (short) 6);
        assertArrayEquals(new byte[] {0, 1, 2, 3, 4, 5, 4, 5, 8, 9, 10, 11}, copies.bytes);
    }

    @Test
    void a_copy_that_is_out_of_bounds_throws_before_it_writes() {
        byte[] before = copies.bytes.clone();
        memory.commandStarts();
        for (short[] bad : new short[][] {{-1, 0, 1}, {0, -1, 1}, {0, 0, -1}, {8, 0, 5}, {0, 8, 5}}) {
            assertOutside(() -> copies.copy(SOURCE, bad[0], bad[1], bad[2]));
            assertOutside(() -> copies.copyNonAtomic(SOURCE, bad[0], bad[1], bad[2]));
        }
        assertOutside(() -> copies.fill((short) 10, (short) 3, (byte) 1));
        assertOutside(() -> copies.fillNonAtomic((short) -1, (short) 1, (byte) 1));
        assertOutside(() -> copies.setShort((short) 11, (short) 1));
        assertOutside(() -> copies.getShort((short) 11));
        assertOutside(() -> copies.compare(SOURCE, (short) 11, (short) 2));
        assertThrows(NullPointerException.class, () -> copies.copy(null, (short) 0, (short) 0, (short) 1));
        assertEquals(0, memory.writes());
        assertArrayEquals(before, copies.bytes);
        assertEquals(12, copies.copy(SOURCE, (short) 12, (short) 12, (short) 0), "nothing is in bounds");
    }

    @Test
    void bytes_compare_unsigned() {
        copies.bytes[0] = (byte) 0x80;
        assertEquals(1, copies.compare(new byte[] {0x7F}, (short) 0, (short) 1));
        assertEquals(-1, copies.compare(new byte[] {(byte) 0x81}, (short) 0, (short) 1));
        assertEquals(0, copies.compare(new byte[] {1, 2}, (short) 1, (short) 2));
    }

    @Test
    void repacking_is_atomic_or_torn_at_each_element() {
        assertEquals(3, copies.repack((short) 2, (short) 4, (short) 1));
        assertArrayEquals(new short[] {0, 0x0203, 0x0405, 0, 0, 0}, copies.shorts);
        assertTrue(card.cutAt(2, () -> copies.repackNonAtomic((short) 0, (short) 4, (short) 3)));
        card.powerCycle();
        assertArrayEquals(new short[] {0, 0x0203, 0x0405, 0x0001, 0, 0}, copies.shorts);
        assertEquals(2, copies.find(new byte[] {4, 5}));
        assertEquals(-1, copies.find(new byte[] {4, 6}));
        assertTrue(card.cutAt(3, () -> copies.fillShorts((short) 0, (short) 6, (short) 9)));
        card.powerCycle();
        assertArrayEquals(new short[] {9, 9, 0x0405, 0x0001, 0, 0}, copies.shorts);
        UtilException odd =
                assertThrows(
                        UtilException.class, () -> copies.repack((short) 0, (short) 3, (short) 0));
        assertEquals(UtilException.ILLEGAL_VALUE, odd.getReason());
    }

    private static void assertFull(Runnable copy) {
        TransactionException full = assertThrows(TransactionException.class, copy::run);
        assertEquals(TransactionException.BUFFER_FULL, full.getReason());
    }

    private static void assertOutside(Runnable copy) {
        assertThrows(ArrayIndexOutOfBoundsException.class, copy::run);
    }
}
