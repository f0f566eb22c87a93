package unicard.runtime;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import unicard.card.CardOptions;
import unicard.card.JavaCard;

/** Measures what a card costs, in processor time of one thread: run its main. No test. */
public final class Speed {
    private static final int COMMANDS = 50_000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private Speed() {}

    public static void main(String[] arguments) {
        for (int i = 1; i <= 20; i++) {
            long start = THREADS.getCurrentThreadCpuTime();
            JavaCard card = JavaCard.insert(CardOptions.PLAIN);
            card.install("probes.environment.Crypto", Terminal.bytes(Terminal.FIRST), new byte[0]);
            if (i <= 3 || i == 20) {
                print("card " + i + " with an applet", THREADS.getCurrentThreadCpuTime() - start, 1);
            }
            card.close();
        }
        for (int round = 1; round <= 2; round++) {
            try (Terminal terminal = Terminal.with("Crypto")) {
                commands(terminal, "empty command", 0x00);
                commands(terminal, "AES-CMAC", 0x01);
            }
        }
    }

    private static void commands(Terminal terminal, String what, int ins) {
        byte[] command = {(byte) 0x80, (byte) ins, 0, 0};
        long start = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < COMMANDS; i++) {
            terminal.card.transmit(command);
        }
        print(what, THREADS.getCurrentThreadCpuTime() - start, COMMANDS);
    }

    private static void print(String what, long nanoseconds, int times) {
        System.out.printf(
                "%s: %.3f ms, %.0f a second%n", what, nanoseconds / 1e6 / times, times * 1e9 / nanoseconds);
    }
}
