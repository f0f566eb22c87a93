package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/** Several cards in one JVM, used by several threads. */
class ThreadsTest {
    private static final int CARDS = 8;
    private static final int THREADS = 4;
    private static final int COMMANDS = 2000;

    @Test
    void cards_in_threads_do_not_touch_each_other() throws Exception {
        List<Terminal> cards = new ArrayList<>();
        for (int i = 0; i < CARDS; i++) {
            cards.add(Terminal.with("Tally"));
        }
        AtomicIntegerArray counts = new AtomicIntegerArray(CARDS);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<Future<?>> done = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int seed = i;
            done.add(threads.submit(() -> use(cards, counts, seed)));
        }
        for (Future<?> each : done) {
            each.get();
        }
        threads.shutdown();
        for (int i = 0; i < CARDS; i++) {
            String count = String.format("%04X", counts.get(i) + 1);
            assertEquals(count.repeat(4) + "9000", cards.get(i).ask(0));
            cards.get(i).close();
        }
    }

    /** Commits on one card, aborts on another, and makes cards of its own meanwhile. */
    private static Void use(List<Terminal> cards, AtomicIntegerArray counts, int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < COMMANDS; i++) {
            int chosen = random.nextInt(CARDS);
            cards.get(random.nextInt(CARDS)).ask(0, 0x0100);
            counts.incrementAndGet(chosen);
            cards.get(chosen).ask(0);
            if (i % 500 == 0) {
                try (Terminal own = Terminal.with("Tally")) {
                    assertEquals("0001".repeat(4) + "9000", own.ask(0));
                }
            }
        }
        return null;
    }

    @Test
    void a_card_may_be_used_by_another_thread_each_time() throws Exception {
        try (Terminal terminal = Terminal.with("Tally")) {
            for (int i = 1; i <= 20; i++) {
                String[] answer = {null};
                Thread thread = new Thread(() -> answer[0] = terminal.ask(0));
                thread.start();
                thread.join();
                assertEquals(String.format("%04X", i).repeat(4) + "9000", answer[0]);
            }
        }
    }
}
