package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Commands that nobody would send. */
class FuzzTest {
    private static final int COMMANDS = 20_000;
    private static final int DEFECT = 0x6F00;

    @Test
    void no_command_makes_the_card_throw_and_6f00_comes_only_from_what_an_applet_throws() {
        Random random = new Random(20261122);
        String[] probes = {"Echo", "Tally", "Memories", "Throws", "ExtendedEcho", "Moods"};
        try (Terminal terminal = Terminal.plain()) {
            for (int i = 0; i < probes.length; i++) {
                terminal.install(probes[i], "F04B32000" + i);
            }
            int defects = 0;
            for (int i = 0; i < COMMANDS; i++) {
                byte[] command = i % 50 == 0 ? selectOne(random, probes.length) : any(random);
                if (hangs(command)) {
                    continue;
                }
                byte[] before = command.clone();
                int word = word(terminal.card.transmit(command));
                assertEquals(Terminal.hex(before), Terminal.hex(command), "the command is the caller's");
                boolean thrown = terminal.card.lastThrown() != null;
                if (word == DEFECT) {
                    assertTrue(thrown, Terminal.hex(command));
                    defects++;
                }
            }
            assertTrue(defects > 10 && defects < COMMANDS / 4, "applets threw " + defects + " times");
            terminal.reset();
            assertEquals("9000", terminal.select("F04B320000"));
            assertEquals("C0DE9000", terminal.send("8001000002C0DE"));
        }
    }

    @Test
    void an_applet_that_never_throws_never_answers_6f00() {
        Random random = new Random(5);
        try (Terminal terminal = Terminal.with("Tally")) {
            for (int i = 0; i < COMMANDS; i++) {
                byte[] command = any(random);
                int word = word(terminal.card.transmit(command));
                assertTrue(word != DEFECT && word != 0x6581, Terminal.hex(command));
                if (command.length > 2 && command[1] == (byte) 0xA4) {
                    terminal.select(Terminal.FIRST);
                }
            }
        }
    }

    private static int word(byte[] answer) {
        assertTrue(answer.length >= 2);
        return (answer[answer.length - 2] & 0xFF) << 8 | answer[answer.length - 1] & 0xFF;
    }

    /** The applet Moods is told to hang by these, or to hang later. */
    private static boolean hangs(byte[] command) {
        return command.length > 3 && (command[1] == 3 || command[1] == 4 || command[1] == 0)
                && (command[1] != 0 || command[2] == 4 || command[3] == 4);
    }

    private static byte[] selectOne(Random random, int applets) {
        return Terminal.bytes("00A4040005F04B32000" + random.nextInt(applets));
    }

    /** Noise of any length, or a header of small numbers with lengths that fit or nearly fit. */
    private static byte[] any(Random random) {
        if (random.nextInt(4) == 0) {
            byte[] noise = new byte[random.nextInt(random.nextInt(10) == 0 ? 70_000 : 300)];
            random.nextBytes(noise);
            return noise;
        }
        int lc = random.nextInt(256);
        byte[] command = new byte[5 + lc + random.nextInt(3)];
        random.nextBytes(command);
        command[0] = (byte) (random.nextInt(8) == 0 ? random.nextInt(256) : 0x80);
        command[1] = (byte) random.nextInt(8);
        command[2] = (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(12));
        command[4] = (byte) (random.nextInt(8) == 0 ? random.nextInt(256) : lc);
        return command;
    }
}
