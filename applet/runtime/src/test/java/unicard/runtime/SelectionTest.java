package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import unicard.card.CardHungException;

/** Selection of applets and of the issuer domain (JCRE 3.0.5, chapter 4). */
class SelectionTest {
    private static final String DOMAIN = "6F0A8408A0000001510000009000";
    private static final int SET_MOODS = 0x00;
    private static final int COUNTS = 0x01;
    private static final int REFUSES = 1;
    private static final int THROWS = 2;
    private static final int LEAVES_OPEN = 3;
    private static final int HANGS = 4;

    private static Terminal moody(int atSelect, int atDeselect) {
        Terminal terminal = Terminal.with("Moods");
        terminal.install("Echo", Terminal.SECOND);
        assertEquals("9000", terminal.ask(SET_MOODS, atSelect << 8 | atDeselect));
        return terminal;
    }

    @Test
    void after_a_reset_the_issuer_domain_is_selected() {
        try (Terminal terminal = Terminal.with("Echo")) {
            assertEquals("9000", terminal.ask(0x00));
            terminal.reset();
            assertEquals("6D00", terminal.ask(0x00));
        }
    }

    @Test
    void select_without_a_name_or_by_its_name_selects_the_issuer_domain() {
        try (Terminal terminal = Terminal.with("Echo")) {
            for (String select : new String[] {"00A40400", "00A4040000", "00A4040008A000000151000000"}) {
                terminal.select(Terminal.FIRST);
                assertEquals(DOMAIN, terminal.send(select));
                assertEquals("6D00", terminal.ask(0x00));
            }
        }
    }

    @Test
    void an_applet_sees_its_aid_and_what_it_was_installed_with() {
        try (Terminal terminal = Terminal.plain()) {
            terminal.install("Echo", Terminal.FIRST, "C0FFEE");
            terminal.select(Terminal.FIRST);
            assertEquals(Terminal.FIRST + "9000", terminal.ask(0x06));
            assertEquals("05" + Terminal.FIRST + "00" + "03C0FFEE" + "9000", terminal.ask(0x02));
        }
    }

    @Test
    void the_first_bytes_of_an_aid_select_in_the_order_of_installation_and_p2_02_goes_on() {
        try (Terminal terminal = Terminal.with("Echo")) {
            terminal.install("Echo", Terminal.SECOND);
            terminal.send("00A4040000");
            assertEquals("9000", terminal.send("00A40400 04 F04B3200"));
            assertEquals(Terminal.FIRST + "9000", terminal.ask(0x06));
            assertEquals("9000", terminal.send("00A40402 04 F04B3200"));
            assertEquals(Terminal.SECOND + "9000", terminal.ask(0x06));
            assertEquals("6A81", terminal.send("00A40402 04 F04B3200"));
            assertEquals(Terminal.SECOND + "9000", terminal.ask(0x06));
        }
    }

    @Test
    void a_whole_name_goes_before_a_longer_one_that_begins_so() {
        try (Terminal terminal = Terminal.plain()) {
            terminal.install("Echo", Terminal.FIRST + "01");
            terminal.install("Echo", Terminal.FIRST);
            terminal.select(Terminal.FIRST);
            assertEquals(Terminal.FIRST + "9000", terminal.ask(0x06));
        }
    }

    @Test
    void a_select_that_finds_nothing_is_a_command_for_what_is_selected() {
        try (Terminal terminal = Terminal.with("Echo")) {
            assertEquals("6A81", terminal.select(Terminal.SECOND));
            assertEquals("9000", terminal.ask(0x00));
            terminal.reset();
            assertEquals("6A82", terminal.select(Terminal.SECOND));
            assertEquals("6A82", terminal.send("00A4040011" + "F0".repeat(17)));
            assertEquals("9000", terminal.select(Terminal.FIRST));
        }
    }

    @Test
    void select_by_other_means_or_in_another_class_is_a_command_for_the_applet() {
        try (Terminal terminal = Terminal.with("Echo")) {
            for (String header : new String[] {"00A40000", "80A40400", "04A40400", "00A40410"}) {
                assertEquals("6A81", terminal.send(header + "08A000000151000000"), header);
            }
            assertEquals("9000", terminal.ask(0x00));
        }
    }

    @Test
    void selecting_what_is_selected_deselects_it_first() {
        try (Terminal terminal = moody(0, 0)) {
            assertEquals("0100000000" + "9000", terminal.ask(COUNTS));
            assertEquals("9000", terminal.select(Terminal.FIRST));
            assertEquals("0201000000" + "9000", terminal.ask(COUNTS));
        }
    }

    @Test
    void a_reset_deselects_without_telling_the_applet() {
        try (Terminal terminal = moody(0, 0)) {
            terminal.reset();
            terminal.select(Terminal.FIRST);
            assertEquals("0200000000" + "9000", terminal.ask(COUNTS));
        }
    }

    @Test
    void an_applet_that_refuses_or_throws_in_select_leaves_nothing_selected() {
        for (int mood : new int[] {REFUSES, THROWS}) {
            try (Terminal terminal = moody(mood, 0)) {
                assertEquals("6999", terminal.select(Terminal.FIRST));
                assertEquals("6999", terminal.ask(COUNTS));
                assertEquals("6A82", terminal.select("F0FFFFFFFF"));
                assertEquals("6999", terminal.ask(COUNTS));
                assertEquals("9000", terminal.select(Terminal.SECOND));
                assertEquals("9000", terminal.ask(0x00));
            }
        }
    }

    @Test
    void deselection_succeeds_whatever_deselect_throws() {
        try (Terminal terminal = moody(0, THROWS)) {
            assertEquals("9000", terminal.select(Terminal.SECOND));
            assertEquals(Terminal.SECOND + "9000", terminal.ask(0x06));
        }
    }

    @Test
    void an_applet_that_refuses_the_select_command_itself_stays_selected() {
        try (Terminal terminal = moody(5, 0)) {
            assertEquals("6A84", terminal.select(Terminal.FIRST));
            assertTrue(terminal.ask(COUNTS).endsWith("9000"));
        }
    }

    @Test
    void selecting_applet_is_false_within_select_itself() {
        try (Terminal terminal = Terminal.with("Moods")) {
            assertEquals("00", terminal.ask(COUNTS).substring(6, 8));
        }
    }

    @Test
    void a_transaction_left_open_in_select_or_deselect_is_aborted() {
        try (Terminal terminal = moody(LEAVES_OPEN, LEAVES_OPEN)) {
            assertEquals("9000", terminal.select(Terminal.FIRST));
            assertEquals("0201000000" + "9000", terminal.ask(COUNTS));
        }
    }

    @Test
    void a_transaction_left_open_in_process_is_aborted_returned_or_thrown() {
        try (Terminal terminal = moody(0, 0)) {
            assertEquals("9000", terminal.ask(0x02));
            assertEquals("0100000000" + "9000", terminal.ask(COUNTS));
            assertEquals("6612", terminal.ask(0x02, 0x0100));
            assertEquals("0100000000" + "9000", terminal.ask(COUNTS));
        }
    }

    @Test
    void an_applet_that_hangs_hangs_the_card_until_its_reset() {
        try (Terminal terminal = moody(0, 0)) {
            for (int ins : new int[] {0x03, 0x04}) {
                assertThrows(CardHungException.class, () -> terminal.ask(ins));
                assertTrue(!terminal.card.powered());
                assertThrows(CardHungException.class, () -> terminal.ask(COUNTS));
                terminal.reset();
                assertEquals("9000", terminal.select(Terminal.FIRST));
            }
        }
    }

    @Test
    void an_applet_that_hangs_in_select_or_deselect_hangs_the_card() {
        for (int mood : new int[] {HANGS << 8, HANGS}) {
            try (Terminal terminal = moody(mood >> 8, mood & 0xFF)) {
                assertThrows(CardHungException.class, () -> terminal.select(Terminal.FIRST));
                terminal.reset();
                assertEquals("9000", terminal.select(Terminal.SECOND));
            }
        }
    }
}
