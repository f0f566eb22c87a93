package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import javacard.framework.JCSystem;
import javacard.framework.TransactionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import probes.memory.Ledger;
import unicard.weave.InWorld;

/** JCRE 7.2 to 7.8, on every kind of place that an applet can write. */
@ExtendWith(InWorld.class)
class TransactionTest {
    private final Rig card = Rig.card(new PersistentMemory(128, 4096, false));
    private final PersistentMemory memory = card.memory();
    private final Ledger ledger = new Ledger((short) 7);

    private void prepare() {
        ledger.write((byte) 1);
    }

    @Test
    void a_commit_keeps_every_place() {
        prepare();
        ledger.writeAtOnce((byte) 2);
        card.powerCycle();
        assertTrue(ledger.holds((byte) 2));
    }

    @Test
    void an_abort_puts_every_place_back() {
        prepare();
        ledger.writeAndAbort((byte) 2);
        assertTrue(ledger.holds((byte) 1));
    }

    @Test
    void power_off_in_a_transaction_puts_every_place_back() {
        prepare();
        JCSystem.beginTransaction();
        ledger.write((byte) 2);
        assertTrue(ledger.holds((byte) 2));
        card.powerCycle();
        assertTrue(ledger.holds((byte) 1));
        assertEquals(0, JCSystem.getTransactionDepth());
    }

    @Test
    void a_cut_at_any_write_leaves_the_old_or_the_new_state() {
        prepare();
        memory.checkpoint();
        int cuts = 0;
        while (card.cutAt(cuts + 1, () -> ledger.writeAtOnce((byte) 2))) {
            card.powerCycle();
            assertTrue(ledger.holds((byte) 1), "cut at write " + (cuts + 1));
            memory.restore();
            memory.powerOn();
            cuts++;
        }
        assertTrue(ledger.holds((byte) 2));
        assertEquals(11, cuts, "ten places and the commit");
    }

    @Test
    void a_recovery_can_be_cut_at_each_of_its_writes() {
        prepare();
        memory.checkpoint();
        for (int cut = 1; cut <= 11; cut++) {
            memory.restore();
            memory.powerOn();
            JCSystem.beginTransaction();
            ledger.write((byte) 2);
            memory.powerOff();
            memory.cutAt(cut);
            assertThrows(PowerCut.class, memory::powerOn);
            assertTrue(memory.dead());
            memory.powerOn();
            assertTrue(ledger.holds((byte) 1), "cut at write " + cut + " of the recovery");
        }
    }

    @Test
    void an_abort_can_be_cut_at_each_of_its_writes() {
        prepare();
        for (int cut = 11; cut <= 21; cut++) {
            assertTrue(card.cutAt(cut, () -> ledger.writeAndAbort((byte) 2)));
            card.powerCycle();
            assertTrue(ledger.holds((byte) 1), "cut at write " + cut);
        }
    }

    @Test
    void without_a_transaction_a_cut_leaves_what_was_written_before() {
        prepare();
        assertTrue(card.cutAt(5, () -> ledger.write((byte) 2)));
        card.powerCycle();
        assertEquals(2, ledger.bytes[1]);
        assertEquals(512, ledger.shorts[3]);
        assertEquals(1, ledger.small);
        assertEquals(1, Ledger.total);
    }

    @Test
    void after_a_cut_nothing_is_written_whatever_the_applet_catches() {
        prepare();
        assertTrue(card.cutAt(1, () -> ledger.write((byte) 2)));
        assertThrows(PowerCut.class, () -> ledger.write((byte) 3));
        assertTrue(memory.dead());
        card.powerCycle();
        assertTrue(ledger.holds((byte) 1));
    }

    @Test
    void a_transaction_in_a_transaction_is_refused_and_the_first_goes_on() {
        JCSystem.beginTransaction();
        assertReason(TransactionException.IN_PROGRESS, JCSystem::beginTransaction);
        assertEquals(1, JCSystem.getTransactionDepth());
        ledger.write((byte) 1);
        JCSystem.commitTransaction();
        assertTrue(ledger.holds((byte) 1));
    }

    @Test
    void commit_and_abort_without_a_transaction_are_refused() {
        assertReason(TransactionException.NOT_IN_PROGRESS, JCSystem::commitTransaction);
        assertReason(TransactionException.NOT_IN_PROGRESS, JCSystem::abortTransaction);
    }

    @Test
    void an_entry_is_charged_its_length_and_six() {
        JCSystem.beginTransaction();
        assertEquals(128, JCSystem.getUnusedCommitCapacity());
        ledger.small = 1;
        assertEquals(128, JCSystem.getUnusedCommitCapacity(), "this class is not woven");
        ledger.write((byte) 1);
        // 4 bytes (bytes, flags, small, flag), 3 shorts, 3 references.
        assertEquals(128 - 4 * 7 - 3 * 8 - 3 * 8, JCSystem.getUnusedCommitCapacity());
        JCSystem.abortTransaction();
        assertEquals(128, JCSystem.getMaxCommitCapacity());
        assertEquals(76, memory.commitPeak());
    }

    @Test
    void a_full_buffer_throws_and_an_abort_then_has_changed_nothing() {
        prepare();
        JCSystem.beginTransaction();
        ledger.write((byte) 2);
        assertReason(TransactionException.BUFFER_FULL, () -> ledger.write((byte) 3));
        assertEquals(1, JCSystem.getTransactionDepth());
        JCSystem.abortTransaction();
        assertTrue(ledger.holds((byte) 1));
    }

    @Test
    void a_change_of_the_platform_has_no_limit_and_is_all_or_nothing() {
        prepare();
        assertTrue(
                memory.atomically(
                        () -> {
                            for (byte value = 2; value <= 20; value++) {
                                ledger.write(value);
                            }
                            return true;
                        }));
        assertTrue(ledger.holds((byte) 20));
        assertFalse(
                memory.atomically(
                        () -> {
                            ledger.write((byte) 21);
                            return false;
                        }));
        assertTrue(ledger.holds((byte) 20));
        assertThrows(
                ArithmeticException.class,
                () ->
                        memory.atomically(
                                () -> {
                                    ledger.write((byte) 21);
                                    throw new ArithmeticException();
                                }));
        assertTrue(ledger.holds((byte) 20));
        assertTrue(
                card.cutAt(
                        11,
                        () ->
                                memory.atomically(
                                        () -> {
                                            ledger.write((byte) 21);
                                            return true;
                                        })),
                "at the commit");
        card.powerCycle();
        assertTrue(ledger.holds((byte) 20));
    }

    @Test
    void a_change_of_the_platform_waits_for_no_transaction_of_an_applet() {
        JCSystem.beginTransaction();
        assertThrows(IllegalStateException.class, () -> memory.atomically(() -> true));
    }

    @Test
    void an_applet_can_neither_end_nor_nest_a_change_of_the_platform() {
        prepare();
        memory.atomically(
                () -> {
                    ledger.write((byte) 2);
                    assertEquals(0, JCSystem.getTransactionDepth());
                    assertReason(TransactionException.NOT_IN_PROGRESS, JCSystem::commitTransaction);
                    assertReason(TransactionException.NOT_IN_PROGRESS, JCSystem::abortTransaction);
                    assertReason(TransactionException.IN_PROGRESS, JCSystem::beginTransaction);
                    return false;
                });
        assertTrue(ledger.holds((byte) 1));
    }

    private static void assertReason(short reason, Runnable program) {
        assertEquals(reason, assertThrows(TransactionException.class, program::run).getReason());
    }
}
