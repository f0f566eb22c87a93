package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import unicard.card.CardOptions;
import unicard.card.JavaCard;
import unicard.card.PowerCutException;

/** Power, seen from outside the card. */
class PowerTest {
    /** Writes of one command of the applet Tally: four numbers and the commit. */
    private static final int WRITES = 5;

    @Test
    void a_card_in_a_reader_has_power_and_without_it_answers_nothing() {
        try (Terminal terminal = Terminal.with("Tally")) {
            assertTrue(terminal.card.powered());
            terminal.card.powerOff();
            assertFalse(terminal.card.powered());
            assertThrows(PowerCutException.class, () -> terminal.ask(0));
            assertThrows(PowerCutException.class, () -> terminal.install("Echo", Terminal.SECOND));
            assertEquals("3B800181", Terminal.hex(terminal.card.reset()));
            assertTrue(terminal.card.powered());
        }
    }

    @Test
    void power_fails_at_the_write_that_was_named_and_only_once() {
        try (Terminal terminal = Terminal.with("Tally")) {
            for (int n = 1; n <= WRITES; n++) {
                terminal.card.cutPowerAt(n);
                PowerCutException cut = assertThrows(PowerCutException.class, () -> terminal.ask(0));
                assertTrue(cut.getMessage().endsWith("write " + n), cut.getMessage());
                assertFalse(terminal.card.powered());
                terminal.reset();
                terminal.select(Terminal.FIRST);
            }
            assertEquals("0001".repeat(4) + "9000", terminal.ask(0));
            terminal.card.cutPowerAt(WRITES + 1);
            assertEquals("0002".repeat(4) + "9000", terminal.ask(0));
            assertThrows(PowerCutException.class, () -> terminal.ask(0));
        }
    }

    @Test
    void a_reset_whose_recovery_is_cut_throws_and_the_next_one_goes_on_with_it() {
        try (Terminal terminal = Terminal.with("Tally")) {
            terminal.card.cutPowerAt(WRITES);
            assertThrows(PowerCutException.class, () -> terminal.ask(0));
            for (int n = 1; n <= WRITES - 1; n++) {
                terminal.card.cutPowerAt(n);
                assertThrows(PowerCutException.class, terminal::reset);
                assertFalse(terminal.card.powered());
            }
            terminal.reset();
            terminal.select(Terminal.FIRST);
            assertEquals("0001".repeat(4) + "9000", terminal.ask(0));
        }
    }

    @Test
    void a_cut_can_be_taken_back() {
        try (Terminal terminal = Terminal.with("Tally")) {
            terminal.card.cutPowerAt(1);
            terminal.card.keepPower();
            assertEquals("0001".repeat(4) + "9000", terminal.ask(0));
            assertThrows(IllegalArgumentException.class, () -> terminal.card.cutPowerAt(0));
        }
    }

    @Test
    void a_card_that_was_taken_out_says_so() {
        JavaCard card = JavaCard.insert(CardOptions.PLAIN);
        card.close();
        card.close();
        assertFalse(card.powered());
        assertThrows(IllegalStateException.class, () -> card.transmit(new byte[4]));
        assertThrows(IllegalStateException.class, card::reset);
    }
}
