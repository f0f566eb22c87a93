package unicard.link;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.stream.Stream;
import unicard.card.CardCore;
import unicard.card.CardHungException;
import unicard.card.CardOptions;
import unicard.card.InstallException;
import unicard.card.JavaCard;

/**
 * A process with one card in it: {@code java -cp … unicard.link.Main}, settings on standard input
 * ({@link Settings}), which stays open as long as the card is wanted.
 *
 * <p>Exit codes: 0 the parent or the client is gone; 64 settings that mean nothing; 70 a defect.
 */
public final class Main {
    static final int USAGE = 64;
    static final int DEFECT = 70;

    /** Room for applets that call themselves, beyond what a thread has by default. */
    private static final long STACK_BYTES = 16L << 20;

    /** Of what an applet threw while it was installed, so many are shown. */
    private static final int FRAMES = 8;

    private final PrintStream told = System.out;
    private final Function<CardOptions, CardCore> maker;

    Main(Function<CardOptions, CardCore> maker) {
        this.maker = maker;
    }

    /** Takes no words: keys among the settings must not show in the list of processes. */
    public static void main(String[] words) {
        new Main(JavaCard::insert).start();
    }

    /** Reads the settings, serves the card in a thread, and ends the process when stdin ends. */
    void start() {
        // The parent reads what this class writes and nothing else.
        System.setOut(System.err);
        BufferedReader parent = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try {
            Settings settings = Settings.read(parent);
            Thread card = new Thread(null, () -> serve(settings), "card", STACK_BYTES);
            card.setDaemon(true);
            card.start();
            while (parent.readLine() != null) {
                // Nothing more is said on standard input; its end is what counts.
            }
        } catch (IllegalArgumentException e) {
            System.err.println("These settings describe no card: " + e.getMessage());
            end(USAGE);
        } catch (IOException e) {
            // No parent that can be heard is no parent.
        }
        end(0);
    }

    private void serve(Settings settings) {
        try {
            CardCore card = maker.apply(settings.card());
            if (settings.vpcd() != null) {
                new Vpcd(settings.vpcd(), settings.name(), card, this::tell).serve();
            } else {
                try (Loopback loopback = new Loopback()) {
                    tell(loopback.greeting());
                    loopback.serve(card, maker);
                }
            }
            end(0);
        } catch (IllegalArgumentException | InstallException | CardHungException e) {
            System.err.println("This card cannot be made: " + e.getMessage());
            whereInTheApplet(e.getCause());
            end(USAGE);
        } catch (Throwable e) {
            e.printStackTrace();
            System.err.println("A defect of the card's program, not of an applet: " + e);
            System.err.println("Report it with these lines and the command that came before. The card's memory"
                    + " is lost; start a new one.");
            end(DEFECT);
        }
    }

    /** The platform's own frames would hide the one line that the applet's author looks for. */
    private static void whereInTheApplet(Throwable cause) {
        if (cause != null) {
            Stream.of(cause.getStackTrace())
                    .filter(frame -> "card".equals(frame.getClassLoaderName()))
                    .filter(frame -> !frame.getClassName().startsWith("unicard."))
                    .limit(FRAMES)
                    .forEach(frame -> System.err.println("    at " + frame));
        }
    }

    private void tell(String line) {
        told.println(line);
        told.flush();
    }

    /** At once, whatever the card is at: no hook and no finaliser has anything to save. */
    private static void end(int code) {
        System.err.flush();
        Runtime.getRuntime().halt(code);
    }
}
