package unicard.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A thousand commands leak nothing, not to another card either; a card that is taken out is gone. */
class LeakTest {
    private static final String AID = "F052554C4505";
    private static final int COMMANDS = 1000;

    private static JavaCard card() {
        JavaCard card = JavaCard.insert(CardOptions.PLAIN);
        card.install("probes.rules.Sealer", HexFormat.of().parseHex(AID), new byte[0]);
        send(card, "00A4040006" + AID);
        return card;
    }

    private static String send(JavaCard card, String command) {
        String answer = HexFormat.of().formatHex(card.transmit(HexFormat.of().parseHex(command)));
        assertTrue(answer.endsWith("9000"), answer);
        return answer.substring(0, answer.length() - 4);
    }

    /** Counts, encrypts, signs, digests; the answers of all four. */
    private static String work(JavaCard card) {
        String counted = send(card, "800A0000");
        send(card, "80020000");
        String sealed = send(card, "80040000");
        send(card, "80070000");
        String signed = send(card, "80090000");
        return counted + sealed + signed + send(card, "80060000");
    }

    private static int[] inUse(JavaCard card) {
        Measures measures = card.measures();
        return new int[] {
            measures.persistentBytes(), measures.transientResetBytes(), measures.transientDeselectBytes()
        };
    }

    @Test
    void a_thousand_commands_leave_the_memory_as_it_was() {
        try (JavaCard card = card()) {
            work(card);
            int[] before = inUse(card);
            for (int i = 0; i < COMMANDS; i++) {
                work(card);
            }
            assertEquals(List.of(before[0], before[1], before[2]), list(inUse(card)));
            for (int i = 0; i < 100; i++) {
                card.reset();
                send(card, "00A4040006" + AID);
                work(card);
            }
            assertEquals(list(before), list(inUse(card)));
        }
    }

    private static List<Integer> list(int[] numbers) {
        return List.of(numbers[0], numbers[1], numbers[2]);
    }

    @Test
    void a_thread_may_use_several_cards_by_turns() {
        try (JavaCard one = card();
                JavaCard other = card()) {
            for (int i = 1; i <= 20; i++) {
                assertEquals(String.format("%04x", i), send(one, "800A0000"));
                if (i % 2 == 0) {
                    assertEquals(String.format("%04x", i / 2), send(other, "800A0000"));
                }
            }
            other.cutPowerAt(1);
            assertEquals("0015", send(one, "800A0000"));
        }
    }

    @Test
    void cards_that_are_taken_out_do_not_stay_in_the_jvm() throws Exception {
        List<WeakReference<Object>> worlds = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            worlds.add(usedWorld());
        }
        for (int tries = 0; tries < 50 && worlds.stream().anyMatch(each -> each.get() != null); tries++) {
            System.gc();
            // What a collection waits for is only done once memory is asked for.
            byte[][] pressure = new byte[64][1 << 18];
            assertTrue(pressure.length > 0);
        }
        assertEquals(0, worlds.stream().filter(each -> each.get() != null).count());
    }

    private static WeakReference<Object> usedWorld() throws ReflectiveOperationException {
        try (JavaCard card = card()) {
            work(card);
            Field field = JavaCard.class.getDeclaredField("world");
            field.setAccessible(true);
            return new WeakReference<>(field.get(card));
        }
    }
}
