package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import unicard.card.InstallException;
import unicard.card.PowerCutException;

/** What an install that does not succeed leaves in older objects: nothing (JCRE 3.0.5, 3.1 and 11.1.5). */
class FailedInstallTest {
    /** The newest instance is the first, one birth, one write alone and one in a commit. */
    private static final String ONE = "0101" + "01010000" + "00" + "9000";
    private static final String NOT_THERE = "6A82";

    @Test
    void conditional_writes_are_put_back_and_others_stay() {
        try (Terminal terminal = Terminal.with("Traces")) {
            assertEquals(ONE, terminal.ask(0));
            assertThrows(InstallException.class, () -> terminal.install("Traces", Terminal.SECOND, "01"));
            assertTrue(terminal.card.measures().writes() > 0);
            assertEquals("0101" + "01010001" + "00" + "9000", terminal.ask(0));
        }
    }

    @Test
    void an_install_torn_anywhere_in_itself_or_in_its_recovery_is_done_or_undone() {
        try (Terminal terminal = Terminal.with("Traces")) {
            terminal.card.checkpoint();
            Set<String> seen = new HashSet<>();
            boolean completed = false;
            for (long n = 1; !completed; n++) {
                long recoveries = 0;
                for (long again = 1; again <= recoveries + 1; again++) {
                    terminal.card.restore();
                    terminal.reset();
                    completed = !torn(terminal, n, () -> terminal.install("Traces", Terminal.SECOND));
                    recoveries += torn(terminal, again, terminal::reset) ? 1 : 0;
                    terminal.reset();
                    seen.add(state(terminal));
                }
            }
            assertEquals(Set.of("0101" + "010100", "9000" + "0202" + "020200"), seen);
        }
    }

    private static boolean torn(Terminal terminal, long write, Runnable action) {
        terminal.card.cutPowerAt(write);
        try {
            action.run();
            return false;
        } catch (PowerCutException cut) {
            return true;
        } finally {
            terminal.card.keepPower();
        }
    }

    /** Whether the second is there, and the traces without those that are not conditional. */
    private static String state(Terminal terminal) {
        String second = terminal.select(Terminal.SECOND).replace(NOT_THERE, "");
        terminal.select(Terminal.FIRST);
        return second + terminal.ask(0).substring(0, 10);
    }

    @Test
    void a_checkpoint_brings_back_what_a_failed_install_and_its_cleaning_wrote() {
        try (Terminal terminal = Terminal.with("Traces")) {
            terminal.card.checkpoint();
            assertThrows(InstallException.class, () -> terminal.install("Traces", Terminal.SECOND, "01"));
            terminal.card.restore();
            terminal.reset();
            terminal.select(Terminal.FIRST);
            assertEquals(ONE, terminal.ask(0));
        }
    }

    @Test
    void transient_arrays_of_an_aborted_transaction_are_gone_with_their_room() {
        try (Terminal terminal = Terminal.with("Traces")) {
            int before = terminal.card.measures().transientResetBytes();
            for (int i = 0; i < 20; i++) {
                assertEquals("00" + "00" + "9000", terminal.ask(1));
            }
            assertEquals(before, terminal.card.measures().transientResetBytes());
        }
    }
}
