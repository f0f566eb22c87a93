package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import unicard.card.Measures;

/** Persistent memory as applets see it from inside the runtime: leaks, deletion, full memory. */
class MemoryTest {
    @Test
    void a_thousand_commands_with_every_kind_of_cryptography_leak_nothing() {
        try (Terminal terminal = Terminal.with("Crypto")) {
            run(terminal, 10);
            Measures early = terminal.card.measures();
            long heapBefore = heapInUse();
            run(terminal, 990);
            Measures late = terminal.card.measures();
            assertEquals(early.persistentBytes(), late.persistentBytes());
            assertEquals(early.transientResetBytes(), late.transientResetBytes());
            assertEquals(early.transientDeselectBytes(), late.transientDeselectBytes());
            long grown = heapInUse() - heapBefore;
            assertTrue(grown < 200_000, "990 commands hold " + grown + " bytes of the JVM");
        }
    }

    private static void run(Terminal terminal, int times) {
        for (int i = 0; i < times; i++) {
            String answer = terminal.ask(0x02);
            assertEquals(36, answer.length());
            assertTrue(answer.endsWith("9000"));
        }
    }

    private static long heapInUse() {
        for (int i = 0; i < 4; i++) {
            System.gc();
        }
        Runtime jvm = Runtime.getRuntime();
        return jvm.totalMemory() - jvm.freeMemory();
    }

    @Test
    void a_card_that_is_taken_out_is_collected_though_its_thread_goes_on() throws Exception {
        java.lang.ref.WeakReference<Object> gone = used();
        for (int i = 0; i < 50 && gone.get() != null; i++) {
            System.gc();
        }
        assertEquals(null, gone.get());
    }

    private static java.lang.ref.WeakReference<Object> used() throws Exception {
        try (Terminal terminal = Terminal.with("Crypto")) {
            terminal.ask(0x02);
            java.lang.reflect.Field world = terminal.card.getClass().getDeclaredField("world");
            world.setAccessible(true);
            return new java.lang.ref.WeakReference<>(world.get(terminal.card));
        }
    }

    @Test
    void objects_that_an_applet_drops_come_back_on_request_only() {
        try (Terminal terminal = Terminal.with("Garbage")) {
            terminal.ask(0x00, 0x0001);
            int held = terminal.card.measures().persistentBytes();
            terminal.ask(0x00, 0x0001);
            terminal.ask(0x00, 0x0001);
            int dropped = terminal.card.measures().persistentBytes();
            assertTrue(dropped >= held + 200, "two arrays of 100 bytes are in use");
            assertEquals("9000", terminal.ask(0x01));
            assertEquals(held, terminal.card.measures().persistentBytes());
            assertEquals("01" + "9000", terminal.ask(0x02));
        }
    }

    @Test
    void a_full_memory_refuses_objects_and_the_card_goes_on() {
        try (Terminal terminal = Terminal.with("Garbage")) {
            String answer = "9000";
            for (int i = 0; i < 2000 && answer.equals("9000"); i++) {
                answer = terminal.ask(0x03);
            }
            assertEquals("6F00", answer);
            assertTrue(terminal.card.lastThrown().getClass().getName().endsWith("SystemException"));
            assertEquals("6A84", String.format("%04X", org.junit.jupiter.api.Assertions.assertThrows(
                    unicard.card.InstallException.class,
                    () -> terminal.install("Births", Terminal.SECOND)).statusWord()));
            assertEquals("9000", terminal.ask(0x04));
            assertEquals("9000", terminal.ask(0x03));
            terminal.install("Births", Terminal.SECOND);
        }
    }

    @Test
    void measures_are_those_of_one_command() {
        try (Terminal terminal = Terminal.with("Tally")) {
            terminal.ask(0);
            Measures first = terminal.card.measures();
            terminal.ask(0);
            Measures second = terminal.card.measures();
            // pair, static, field, pair: two bytes each with 6 more, and the commit.
            assertEquals(5, first.writes());
            assertEquals(4 * 8, first.commitPeak());
            assertEquals(first.writes(), second.writes());
            assertEquals(first.instructions(), second.instructions());
            assertTrue(first.instructions() > 20, "bytecodes: " + first.instructions());
            assertEquals(first.totalWrites() + 5, second.totalWrites());
        }
    }

    @Test
    void a_checkpoint_brings_persistent_memory_back_and_takes_the_power() {
        try (Terminal terminal = Terminal.with("Tally")) {
            terminal.ask(0);
            terminal.card.checkpoint();
            terminal.ask(0);
            assertEquals("0003000300030003" + "9000", terminal.ask(0));
            for (int i = 0; i < 2; i++) {
                terminal.card.restore();
                assertTrue(!terminal.card.powered());
                terminal.reset();
                terminal.select(Terminal.FIRST);
                assertEquals("0002000200020002" + "9000", terminal.ask(0));
            }
        }
    }

    @Test
    void a_checkpoint_forgets_applets_installed_after_it() {
        try (Terminal terminal = Terminal.with("Tally")) {
            int used = terminal.card.measures().persistentBytes();
            terminal.card.checkpoint();
            terminal.install("Echo", Terminal.SECOND);
            terminal.card.restore();
            terminal.reset();
            assertEquals("6A82", terminal.select(Terminal.SECOND));
            assertEquals(used, terminal.card.measures().persistentBytes());
            terminal.install("Echo", Terminal.SECOND);
            assertEquals("9000", terminal.select(Terminal.SECOND));
        }
    }
}
