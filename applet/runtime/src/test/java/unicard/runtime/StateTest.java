package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import unicard.runtime.state.EveryKind;
import unicard.weave.InWorld;

/** State of issuer domains: every type of Java, charged when it is kept. */
@ExtendWith(InWorld.class)
class StateTest {
    private final Rig card = Rig.card(new PersistentMemory(64, 4096, false));
    private final PersistentMemory memory = card.memory();
    private final EveryKind state = new EveryKind(4);

    @Test
    void a_change_is_whole_wherever_it_is_cut() {
        state.write(1);
        String before = state.all();
        memory.checkpoint();
        int cut = 1;
        while (card.cutAt(cut, () -> memory.atomically(this::writeTwo))) {
            memory.powerOff();
            memory.powerOn();
            assertEquals(before, state.all(), "cut at write " + cut);
            memory.restore();
            memory.powerOn();
            assertEquals(before, state.all());
            cut++;
        }
        assertTrue(cut > 20, "cuts: " + cut);
        assertNotEquals(before, state.all());
        memory.restore();
        assertEquals(before, state.all());
    }

    private boolean writeTwo() {
        state.write(2);
        return true;
    }

    @Test
    void what_is_only_computed_with_takes_no_room() {
        int used = memory.used();
        state.scratch(100);
        assertEquals(used, memory.used());
        state.write(1);
        int kept = memory.used() - used;
        // A place with its bytes, and a row.
        assertEquals(8 + 4 + 8 + 8 + 8 + 1, kept);
        state.write(2);
        assertEquals(used + 2 * kept, memory.used());
        memory.reclaim(List.of(state));
        int reachable = memory.used();
        state.write(3);
        memory.reclaim(List.of(state));
        assertEquals(reachable, memory.used());
    }

    @Test
    void every_probe_passes_the_verifier_when_it_is_woven() throws Exception {
        Path classes = Path.of("../probes/target/classes");
        int verified = 0;
        for (String name : names(classes)) {
            if (!name.startsWith("probes.gate.bad.")) {
                verify(name);
                verified++;
            }
        }
        assertTrue(verified > 20, "classes: " + verified);
    }

    /** The verifier comes before the initializer, which may fail for reasons of its own. */
    private static void verify(String name) throws ClassNotFoundException {
        try {
            Class.forName(name, true, StateTest.class.getClassLoader());
        } catch (ExceptionInInitializerError passedBefore) {
            assertTrue(name.contains("Broken"), name);
        }
    }

    private static List<String> names(Path classes) throws IOException {
        try (Stream<Path> files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString())
                    .filter(file -> file.endsWith(".class") && !file.endsWith("package-info.class"))
                    .map(file -> file.substring(0, file.length() - 6).replace('/', '.'))
                    .toList();
        }
    }
}
