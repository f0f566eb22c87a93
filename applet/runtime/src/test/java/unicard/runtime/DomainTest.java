package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import unicard.card.CardOptions;

/** What the runtime environment tells the issuer domain, and when. */
class DomainTest {
    private static Terminal spied() {
        CardOptions plain = CardOptions.PLAIN;
        return new Terminal(new CardOptions(
                512, 65536, 1000, 1000, 1_000_000, false, plain.wiring(), plain.atr(),
                "unicard.runtime.SpyDomain", Map.of(), List.of(), List.of(), List.of()));
    }

    /** What was noted since the last time: m, r(estart), s(elect), d(eselect), i(nterrupted), p(rocess). */
    private static String notes(Terminal terminal) {
        String answer = terminal.ask(0);
        return new String(
                Terminal.bytes(answer.substring(0, answer.length() - 4)), StandardCharsets.US_ASCII);
    }

    @Test
    void a_card_is_manufactured_and_then_restarted_at_each_reset() {
        try (Terminal terminal = spied()) {
            assertEquals("mr", notes(terminal));
            terminal.reset();
            terminal.card.powerOff();
            terminal.reset();
            assertEquals("rr", notes(terminal));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "80030000, 6D00, p",
        "80030000 02 AABB 00, 6D00, p",
        "8003, 6700, i",
        "80030000 02 AA, 6700, i",
        "80030000 000001 AA, 6700, i",
        "90030000, 6884, i",
        "81030000, 6881, i",
        "FF030000, 6E00, i",
        "20030000, 6E00, i",
        "00700000 01, 6881, i",
        "00A40400 00, 9000, ds",
        "00A40400 05 F04B320009, 6D00, ip",
        "00A40400 01 FE, 6985, i",
        "00A40400 01 FD, 6F00, i",
        "80010000, 6A80, ''",
        "80020000, 6F00, ''",
    })
    void the_domain_hears_of_every_command(String command, String word, String expected) {
        try (Terminal terminal = spied()) {
            notes(terminal);
            assertEquals(word, terminal.send(command));
            assertEquals(expected, notes(terminal));
        }
    }

    @Test
    void the_domain_hears_of_deselections_of_applets_and_of_commands_that_they_do_not_get() {
        try (Terminal terminal = spied()) {
            notes(terminal);
            terminal.select(Terminal.FIRST);
            terminal.ask(0x00);
            terminal.ask(0x01, 0);
            terminal.send("80000000 05 AA");
            terminal.select(Terminal.FIRST);
            terminal.select("F04B320009");
            terminal.send("00A40400");
            // selected, a wrong length, selected again, a name that is not there, the domain.
            assertEquals("d" + "i" + "d" + "i" + "ds", notes(terminal));
        }
    }

    @Test
    void what_a_domain_throws_as_a_defect_is_shown_to_who_asks() {
        try (Terminal terminal = spied()) {
            terminal.ask(0x02);
            assertNotNull(terminal.card.lastThrown());
            terminal.ask(0x01);
            assertNull(terminal.card.lastThrown());
        }
    }
}
