package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Contexts, shared objects, and what other applets see of an applet (JCRE 3.0.5, chapter 6). */
class ContextTest {
    private static Terminal pair() {
        Terminal terminal = Terminal.plain();
        terminal.install("Server", Terminal.FIRST);
        terminal.install("Client", Terminal.SECOND);
        terminal.select(Terminal.SECOND);
        return terminal;
    }

    private static String askFor(Terminal terminal, String parameter, String aid) {
        return terminal.send(String.format("8000%s00%02X%s", parameter, aid.length() / 2, aid));
    }

    @Test
    void a_client_gets_a_servers_object_and_calls_it() {
        try (Terminal terminal = pair()) {
            assertEquals("08" + "01" + "00" + "00" + "9000", askFor(terminal, "07", Terminal.FIRST));
            assertEquals("6985", askFor(terminal, "08", Terminal.FIRST));
        }
    }

    @Test
    void a_server_sees_its_client_while_it_is_asked_and_nobody_in_its_own_commands() {
        try (Terminal terminal = pair()) {
            askFor(terminal, "07", Terminal.FIRST);
            terminal.select(Terminal.FIRST);
            assertEquals("01" + "02" + "01" + "00" + "9000", terminal.ask(0));
        }
    }

    @Test
    void only_whole_aids_of_what_is_there_are_looked_up() {
        try (Terminal terminal = pair()) {
            assertEquals("6A88", askFor(terminal, "07", "F04B3200"));
            assertEquals("6A88", askFor(terminal, "07", "F04B3200FF"));
            assertEquals("6985", askFor(terminal, "07", "A000000151000000"));
            terminal.card.delete(Terminal.bytes(Terminal.FIRST));
            assertEquals("6A88", askFor(terminal, "07", Terminal.FIRST));
        }
    }

    @Test
    void memory_until_deselection_is_for_the_selected_context_only() {
        try (Terminal terminal = pair()) {
            terminal.install("Server", "F04B3200FF");
            terminal.send("00A40400");
            terminal.card.delete(Terminal.bytes("F04B3200FF"));
            terminal.select(Terminal.FIRST);
            // SystemException.ILLEGAL_TRANSIENT is 3.
            assertEquals("00" + "00" + "01" + "13" + "9000", terminal.ask(0));
        }
    }
}
