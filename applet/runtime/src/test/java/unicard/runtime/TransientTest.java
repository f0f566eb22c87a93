package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import unicard.card.Measures;

/** Transient memory: events that clear it, room, kinds (JCRE 3.0.5, chapter 5). */
class TransientTest {
    private static final int FILL = 0x00;
    private static final int SHOW = 0x01;
    private static final int KINDS = 0x02;
    private static final int TAKE = 0x03;
    private static final int ROOM = 0x04;
    private static final int DROP = 0x05;
    private static final int GLOBAL = 0x06;
    private static final int RESET = 1;
    private static final int DESELECT = 2;
    private static final String FULL = "01010101" + "01010101" + "01" + "9000";

    private static Terminal filled() {
        Terminal terminal = Terminal.with("Memories");
        terminal.install("Echo", Terminal.SECOND);
        assertEquals("9000", terminal.ask(FILL));
        assertEquals(FULL, terminal.ask(SHOW));
        return terminal;
    }

    /** Room left as three numbers: persistent, until reset, until deselection. */
    private static int room(Terminal terminal, int which) {
        return Integer.parseInt(terminal.ask(ROOM).substring(4 * which, 4 * which + 4), 16);
    }

    @Test
    void a_reset_clears_every_transient_array_and_nothing_else() {
        try (Terminal terminal = filled()) {
            terminal.reset();
            terminal.select(Terminal.FIRST);
            assertEquals("00000000" + "00000000" + "01" + "9000", terminal.ask(SHOW));
        }
    }

    @Test
    void selecting_an_applet_of_the_same_package_clears_what_is_kept_until_deselection() {
        try (Terminal terminal = filled()) {
            terminal.select(Terminal.SECOND);
            terminal.select(Terminal.FIRST);
            assertEquals("01010101" + "00000000" + "01" + "9000", terminal.ask(SHOW));
        }
    }

    @Test
    void selecting_the_issuer_domain_or_the_applet_itself_is_a_deselection_too() {
        for (String select : new String[] {"00A40400", "00A4040005" + Terminal.FIRST}) {
            try (Terminal terminal = filled()) {
                terminal.send(select);
                terminal.select(Terminal.FIRST);
                assertEquals("01010101" + "00000000" + "01" + "9000", terminal.ask(SHOW));
            }
        }
    }

    @Test
    void the_end_of_power_clears_every_transient_array() {
        try (Terminal terminal = filled()) {
            terminal.card.powerOff();
            terminal.reset();
            terminal.select(Terminal.FIRST);
            assertEquals("00000000" + "00000000" + "01" + "9000", terminal.ask(SHOW));
        }
    }

    @Test
    void what_an_applet_wrote_in_a_select_that_it_refused_is_cleared() {
        try (Terminal terminal = Terminal.with("Moods")) {
            terminal.ask(0x00, 0x0600);
            assertEquals("6999", terminal.select(Terminal.FIRST));
            assertEquals("9000", terminal.select(Terminal.FIRST));
            // Three selections, one deselection, nothing torn, nothing seen, no transaction.
            assertEquals("0301000000" + "9000", terminal.ask(0x01));
        }
    }

    @Test
    void is_transient_tells_the_kinds_apart() {
        try (Terminal terminal = Terminal.with("Memories")) {
            assertEquals("01010101" + "02020202" + "00" + "01" + "00" + "9000", terminal.ask(KINDS));
            assertEquals("01" + "9000", terminal.ask(GLOBAL));
        }
    }

    @Test
    void room_runs_out_at_the_byte_and_object_deletion_gives_it_back() {
        for (int event : new int[] {RESET, DESELECT}) {
            try (Terminal terminal = Terminal.with("Memories")) {
                int before = room(terminal, event);
                assertEquals("9000", terminal.ask(TAKE, event << 8 | before / 256));
                assertEquals(before % 256, room(terminal, event));
                assertEquals("6F00", terminal.ask(TAKE, event << 8 | 1));
                assertTrue(terminal.card.lastThrown().toString().contains("SystemException"));
                assertEquals("9000", terminal.ask(DROP));
                assertEquals(before, room(terminal, event));
            }
        }
    }

    @Test
    void an_array_costs_its_elements_and_an_unknown_event_is_refused() {
        try (Terminal terminal = Terminal.plain()) {
            Measures empty = terminal.card.measures();
            terminal.install("Memories", Terminal.FIRST);
            Measures full = terminal.card.measures();
            assertEquals(1 + 1 + 2 + 2, full.transientResetBytes() - empty.transientResetBytes());
            assertEquals(1 + 1 + 2 + 2, full.transientDeselectBytes() - empty.transientDeselectBytes());
            terminal.select(Terminal.FIRST);
            assertEquals("6F00", terminal.ask(TAKE, 0x0301));
            assertEquals("6F00", terminal.ask(TAKE, 0x0001));
        }
    }
}
