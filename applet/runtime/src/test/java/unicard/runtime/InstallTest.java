package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import unicard.card.AppletModule;
import unicard.card.CardHungException;
import unicard.card.CardOptions;
import unicard.card.InstallException;
import unicard.card.Instance;
import unicard.card.LoadFile;
import unicard.card.Measures;
import unicard.card.PowerCutException;

/** install and register (JCRE 3.0.5, 3.1 and 11.2; Java Card API, Applet). */
class InstallTest {
    private static final String TOO_LATE = "6A82";

    private static InstallException refusal(Terminal terminal, String probe, String parameters) {
        return assertThrows(
                InstallException.class, () -> terminal.install(probe, Terminal.FIRST, parameters));
    }

    /** Memory in use, apart from what the classes themselves bring. */
    private static Measures settled(Terminal terminal) {
        terminal.install("Births", "F04B3200FF");
        terminal.card.delete(Terminal.bytes("F04B3200FF"));
        return terminal.card.measures();
    }

    private static void same(Measures before, Measures after) {
        assertEquals(before.persistentBytes(), after.persistentBytes(), "persistent memory");
        assertEquals(before.transientResetBytes(), after.transientResetBytes(), "until reset");
        assertEquals(before.transientDeselectBytes(), after.transientDeselectBytes(), "until deselection");
    }

    @ParameterizedTest
    @CsvSource({
        "01, 6A80, did not register",
        "02, 6A80, SystemException with reason 4",
        "03, 6A80, SystemException with reason 4",
        "04, 6A77, refuses",
        "05, 6A80, NullPointerException",
        "06, 6A84, SystemException with reason 5",
        "07, 6A78, refuses",
        "08, 6A80, transaction",
        "0A, 6A80, SystemException with reason 1",
        "0B, 6A84, SystemException with reason 2",
    })
    void an_install_that_fails_leaves_nothing_behind(String mood, String word, String says) {
        try (Terminal terminal = Terminal.plain()) {
            Measures before = settled(terminal);
            InstallException refused = refusal(terminal, "Births", mood);
            assertEquals(word, String.format("%04X", refused.statusWord()));
            assertTrue(refused.getMessage().startsWith("probes.environment.Births: "), refused.getMessage());
            assertTrue(refused.getMessage().contains(says), refused.getMessage());
            assertEquals(TOO_LATE, terminal.select(Terminal.FIRST));
            same(before, terminal.card.measures());
            terminal.install("Births", Terminal.FIRST);
            assertEquals("9000", terminal.select(Terminal.FIRST));
        }
    }

    @Test
    void an_install_without_end_hangs_the_card_and_leaves_nothing_behind() {
        try (Terminal terminal = Terminal.plain()) {
            Measures before = settled(terminal);
            assertThrows(
                    CardHungException.class, () -> terminal.install("Births", Terminal.FIRST, "09"));
            terminal.reset();
            same(before, terminal.card.measures());
            assertEquals(TOO_LATE, terminal.select(Terminal.FIRST));
        }
    }

    @Test
    void an_applet_has_an_aid_from_its_registration_on_and_may_take_memory_until_deselection() {
        try (Terminal terminal = Terminal.plain()) {
            terminal.install("Births", Terminal.FIRST, "0C");
            terminal.select(Terminal.FIRST);
            assertEquals("01020101" + "01" + "9000", firstDeleted(terminal));
        }
    }

    /** The fifth byte counts uninstalled applets; one is deleted so that it is not 0 by accident. */
    private static String firstDeleted(Terminal terminal) {
        terminal.install("Births", Terminal.SECOND);
        terminal.card.delete(Terminal.bytes(Terminal.SECOND));
        return terminal.ask(0);
    }

    @Test
    void an_applet_that_catches_the_refusal_of_a_second_registration_is_installed() {
        try (Terminal terminal = Terminal.plain()) {
            terminal.install("Births", Terminal.FIRST, "0D");
            terminal.select(Terminal.FIRST);
            assertEquals("07000000" + "00" + "9000", terminal.ask(0));
        }
    }

    @Test
    void a_taken_aid_is_refused_before_install_runs() {
        try (Terminal terminal = Terminal.with("Echo")) {
            assertEquals(0x6985, refusal(terminal, "Births", "").statusWord());
            assertThrows(
                    InstallException.class, () -> terminal.install("Echo", "A000000151000000"));
            assertEquals(Terminal.FIRST + "9000", terminal.ask(0x06));
        }
    }

    @Test
    void parameters_have_127_bytes_at_most_with_their_lengths() {
        try (Terminal terminal = Terminal.plain()) {
            terminal.install("Echo", Terminal.FIRST, "AB".repeat(119));
            assertEquals(0x6A80, assertThrows(InstallException.class,
                    () -> terminal.install("Echo", Terminal.SECOND, "AB".repeat(120))).statusWord());
            terminal.select(Terminal.FIRST);
            assertTrue(terminal.ask(0x02).endsWith("AB9000"));
        }
    }

    @Test
    void deletion_tells_the_applet_and_gives_its_memory_back_whatever_it_throws() {
        try (Terminal terminal = Terminal.plain()) {
            Measures before = settled(terminal);
            for (String mood : new String[] {"00", "0C"}) {
                terminal.install("Births", Terminal.FIRST, mood);
                terminal.select(Terminal.FIRST);
                terminal.card.delete(Terminal.bytes(Terminal.FIRST));
                assertEquals("6D00", terminal.ask(0));
                assertEquals(TOO_LATE, terminal.select(Terminal.FIRST));
                same(before, terminal.card.measures());
            }
            assertThrows(
                    InstallException.class, () -> terminal.card.delete(Terminal.bytes(Terminal.FIRST)));
        }
    }

    private static CardOptions withFirst(String className, String parameters) {
        CardOptions plain = CardOptions.PLAIN;
        byte[] aid = Terminal.bytes(Terminal.FIRST);
        AppletModule module = new AppletModule(aid, className);
        return new CardOptions(
                plain.commitCapacity(), plain.persistentBytes(), plain.transientResetBytes(),
                plain.transientDeselectBytes(), plain.instructionLimit(), false, plain.wiring(), plain.atr(),
                plain.domain(), plain.domainSettings(),
                List.of(new LoadFile(Terminal.bytes("F04B3200"+ "00"), 0x0100, List.of(module), true)),
                List.of(new Instance(Terminal.bytes("F04B320000"), aid, aid, Terminal.bytes(parameters))),
                List.of());
    }

    @Test
    void a_card_can_have_applications_from_the_start() {
        try (Terminal terminal = new Terminal(withFirst("probes.environment.Echo", "77"))) {
            terminal.select(Terminal.FIRST);
            assertEquals("05" + Terminal.FIRST + "00" + "0177" + "9000", terminal.ask(0x02));
        }
        InstallException refused = assertThrows(InstallException.class,
                () -> new Terminal(withFirst("probes.environment.Missing", "")));
        assertTrue(refused.getMessage().contains("probes.environment.Missing"), refused.getMessage());
    }

    @Test
    void a_domain_that_is_none_is_named() {
        CardOptions plain = CardOptions.PLAIN;
        for (String domain : new String[] {"no.such.Domain", "probes.environment.Echo"}) {
            CardOptions options = new CardOptions(
                    512, 65536, 100, 100, 1000, false, plain.wiring(), plain.atr(), domain,
                    plain.domainSettings(), List.of(), List.of(), List.of());
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> new Terminal(options));
            assertTrue(refused.getMessage().contains(domain), refused.getMessage());
        }
    }

    @Test
    void an_install_cut_at_any_write_leaves_the_applet_whole_or_nothing() {
        try (Terminal terminal = Terminal.plain()) {
            Measures empty = settled(terminal);
            terminal.install("Births", Terminal.FIRST);
            long writes = terminal.card.measures().writes();
            Measures installed = terminal.card.measures();
            terminal.card.delete(Terminal.bytes(Terminal.FIRST));
            assertTrue(writes > 3, "writes of an install: " + writes);
            Set<String> answers = new HashSet<>();
            for (long n = 1; n <= writes; n++) {
                terminal.card.cutPowerAt(n);
                assertThrows(PowerCutException.class, () -> terminal.install("Births", Terminal.FIRST));
                assertTrue(!terminal.card.powered());
                assertThrows(PowerCutException.class, () -> terminal.ask(0));
                terminal.reset();
                String answer = terminal.select(Terminal.FIRST);
                answers.add(answer);
                same(answer.equals("9000") ? installed : empty, terminal.card.measures());
                if (answer.equals("9000")) {
                    terminal.card.delete(Terminal.bytes(Terminal.FIRST));
                }
            }
            assertEquals(Set.of(TOO_LATE), answers);
            terminal.install("Births", Terminal.FIRST);
            assertEquals("9000", terminal.select(Terminal.FIRST));
        }
    }
}
