package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Selection of applets and of the issuer domain (JCRE 3.0.5, chapter 4). */
class SelectionTest {
    private static final String DOMAIN = "6F0A8408A0000001510000009000";

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
            assertEquals(DOMAIN, terminal.send("00A40400"));
            assertEquals(DOMAIN, terminal.send("00A4040000"));
            assertEquals(DOMAIN, terminal.select("A000000151000000"));
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
    void a_select_that_finds_nothing_is_a_command_for_the_selected_applet() {
        try (Terminal terminal = Terminal.with("Echo")) {
            assertEquals("6A81", terminal.select(Terminal.SECOND));
            assertEquals("9000", terminal.ask(0x00));
        }
    }
}
