package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import probes.memory.Scripts;
import unicard.weave.InWorld;

/** Programs made up by chance, cut at each of their writes, against a plain model. */
@ExtendWith(InWorld.class)
class RandomProgramTest {
    private static final int CAPACITY = 40;
    private static final int PROGRAMS = 400;

    private final Rig card = Rig.card(new PersistentMemory(CAPACITY, 4096, false));
    private final PersistentMemory memory = card.memory();
    private final Scripts scripts = new Scripts();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void a_card_holds_what_the_model_holds_wherever_power_fails(long seed) {
        Random random = new Random(seed);
        int cuts = 0;
        for (int i = 0; i < PROGRAMS; i++) {
            byte[] program = program(random);
            cuts += cutEverywhere(program, random);
        }
        assertTrue(cuts > 4 * PROGRAMS, "cuts: " + cuts);
    }

    private static byte[] program(Random random) {
        byte[] program = new byte[4 * (3 + random.nextInt(10))];
        for (int step = 0; step < program.length; step += 4) {
            int place = random.nextInt(7);
            program[step] = (byte) random.nextInt(Scripts.OPERATIONS);
            program[step + 1] = (byte) place;
            program[step + 2] = (byte) random.nextInt(Math.min(4, 8 - place) + 1);
            program[step + 3] = (byte) random.nextInt(100);
            program[0] = random.nextInt(3) == 0 ? program[0] : Scripts.BEGIN;
        }
        return program;
    }

    private int cutEverywhere(byte[] program, Random random) {
        memory.checkpoint();
        int[] before = state();
        for (int cut = 1; ; cut++) {
            memory.restore();
            memory.powerOn();
            assertEquals(text(before), text(state()), "the checkpoint");
            ModelCard model = new ModelCard(CAPACITY);
            System.arraycopy(before, 0, model.places, 0, before.length);
            boolean expected = model.run(program, cut);
            boolean failed = card.cutAt(cut, () -> scripts.run(program));
            memory.powerOff();
            recover(random);
            String where = Arrays.toString(program) + " cut at write " + cut;
            assertEquals(text(model.places), text(state()), where);
            assertEquals(expected, failed, where);
            if (!failed) {
                return cut - 1;
            }
        }
    }

    /** Now and then the recovery is cut as well. */
    private void recover(Random random) {
        if (memory.inTransaction() && random.nextBoolean()) {
            memory.cutAt(1);
            assertThrows(PowerCut.class, memory::powerOn);
        }
        memory.powerOn();
    }

    private int[] state() {
        int[] state = new int[9];
        for (int i = 0; i < 8; i++) {
            state[i] = scripts.cells[i];
        }
        state[8] = scripts.field;
        return state;
    }

    private static String text(int[] state) {
        return Arrays.toString(state);
    }
}
