package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import javacard.framework.PINException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import probes.memory.Pins;
import unicard.weave.InWorld;

/** OwnerPIN (Java Card 3.0.5 API): presentations outside transactions, updates inside. */
@ExtendWith(InWorld.class)
class PinTest {
    private static final byte[] RIGHT = {1, 2, 3, 4};
    private static final byte[] WRONG = {1, 2, 3, 5};

    private final Rig card = Rig.card();
    private final PersistentMemory memory = card.memory();
    private final Pins pins = new Pins();

    @Test
    void a_wrong_value_costs_a_try_and_the_right_one_gives_all_back() {
        assertFalse(pins.check(WRONG));
        assertEquals(2, pins.pin.getTriesRemaining());
        assertFalse(pins.pin.isValidated());
        assertTrue(pins.check(RIGHT));
        assertEquals(3, pins.pin.getTriesRemaining());
        assertTrue(pins.pin.isValidated());
        assertFalse(pins.check(WRONG), "and a wrong one ends the validation");
        assertFalse(pins.pin.isValidated());
    }

    @Test
    void a_blocked_pin_accepts_nothing_until_it_is_unblocked() {
        for (int i = 0; i < 4; i++) {
            assertFalse(pins.check(WRONG));
        }
        assertEquals(0, pins.pin.getTriesRemaining());
        assertFalse(pins.check(RIGHT));
        pins.pin.resetAndUnblock();
        assertTrue(pins.check(RIGHT));
    }

    @Test
    void an_abort_gives_no_try_back() {
        assertFalse(pins.checkAndAbort(WRONG));
        assertEquals(2, pins.pin.getTriesRemaining());
        assertTrue(pins.checkAndAbort(RIGHT));
        assertEquals(3, pins.pin.getTriesRemaining());
        assertTrue(pins.pin.isValidated());
    }

    @Test
    void no_cut_gives_a_try_back_or_validates() {
        for (int cut = 1; cut <= 4; cut++) {
            pins.pin.resetAndUnblock();
            pins.check(WRONG);
            boolean failed = card.cutAt(cut, () -> pins.checkAndAbort(WRONG));
            card.powerCycle();
            assertEquals(cut == 1 ? 2 : 1, pins.pin.getTriesRemaining(), "cut at write " + cut);
            assertFalse(pins.pin.isValidated());
            assertEquals(cut <= 2, failed, "the counter, and the end of the abort");
        }
        pins.pin.resetAndUnblock();
        pins.check(WRONG);
        assertTrue(card.cutAt(2, () -> pins.check(RIGHT)), "when the counter would be restored");
        card.powerCycle();
        assertEquals(1, pins.pin.getTriesRemaining());
        assertFalse(pins.pin.isValidated());
    }

    @Test
    void the_try_is_spent_before_the_value_is_looked_at() {
        assertThrows(NullPointerException.class, () -> pins.pin.check(null, (short) 0, (byte) 4));
        assertThrows(
                ArrayIndexOutOfBoundsException.class, () -> pins.pin.check(RIGHT, (short) 1, (byte) 4));
        assertEquals(1, pins.pin.getTriesRemaining());
    }

    @Test
    void a_longer_or_shorter_value_is_wrong() {
        assertFalse(pins.check(new byte[] {1, 2, 3}));
        assertFalse(pins.check(new byte[] {1, 2, 3, 4, 0}));
        assertEquals(1, pins.pin.getTriesRemaining());
        pins.pin.resetAndUnblock();
        pins.update(new byte[] {9, 9, 9, 9, 9, 9, 9, 9});
        assertFalse(pins.check(new byte[] {9, 9, 9, 9, 9, 9, 9, 9, 9}));
        assertFalse(pins.check(new byte[0]));
    }

    @Test
    void a_reset_of_the_card_ends_the_validation_and_keeps_the_counter() {
        pins.check(WRONG);
        card.powerCycle();
        assertEquals(2, pins.pin.getTriesRemaining());
        pins.check(RIGHT);
        card.powerCycle();
        assertFalse(pins.pin.isValidated());
        assertEquals(3, pins.pin.getTriesRemaining());
    }

    @Test
    void an_abort_takes_a_new_value_back_with_its_counter() {
        pins.check(WRONG);
        pins.updateAndAbort(WRONG);
        assertEquals(2, pins.pin.getTriesRemaining());
        assertFalse(pins.check(WRONG));
        assertTrue(pins.check(RIGHT));
    }

    @Test
    void no_abort_takes_back_that_tries_are_made_available_again() {
        pins.check(WRONG);
        memory.commandStarts();
        pins.unblockAndAbort();
        assertEquals(3, pins.pin.getTriesRemaining());
        assertEquals(0, memory.commitPeak());
    }

    @Test
    void a_new_value_is_one_write_and_ends_the_validation() {
        pins.check(RIGHT);
        assertTrue(card.cutAt(1, () -> pins.update(WRONG)));
        card.powerCycle();
        assertTrue(pins.check(RIGHT));
        assertFalse(card.cutAt(2, () -> pins.update(WRONG)));
        assertFalse(pins.pin.isValidated());
        assertTrue(pins.check(WRONG));
    }

    @Test
    void reset_does_nothing_without_validation() {
        pins.check(WRONG);
        pins.pin.reset();
        assertEquals(2, pins.pin.getTriesRemaining());
        pins.check(RIGHT);
        pins.pin.reset();
        assertFalse(pins.pin.isValidated());
        assertEquals(3, pins.pin.getTriesRemaining());
    }

    @Test
    void limits_that_the_api_forbids_are_refused() {
        assertIllegal(() -> pins.make((byte) 0, (byte) 4));
        assertIllegal(() -> pins.make((byte) 3, (byte) 0));
        assertIllegal(() -> pins.update(new byte[9]));
    }

    @Test
    void a_subclass_may_keep_the_flag_itself() {
        assertTrue(pins.flagged.check(RIGHT, (short) 0, (byte) 4));
        assertTrue(pins.flagged.isValidated());
        card.powerCycle();
        assertFalse(pins.flagged.isValidated());
        assertFalse(pins.flagged.check(WRONG, (short) 0, (byte) 4));
        assertEquals(0, pins.flagged.getTriesRemaining());
    }

    @Test
    void a_restored_checkpoint_has_the_old_counter_and_value() {
        pins.check(WRONG);
        memory.checkpoint();
        pins.check(WRONG);
        pins.update(WRONG);
        memory.restore();
        memory.powerOn();
        assertEquals(2, pins.pin.getTriesRemaining());
        assertTrue(pins.check(RIGHT));
    }

    private static void assertIllegal(Runnable program) {
        PINException refusal = assertThrows(PINException.class, program::run);
        assertEquals(PINException.ILLEGAL_VALUE, refusal.getReason());
    }
}
