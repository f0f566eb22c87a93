package unicard.gate;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The gate for command lines and build tools: exit code 0 clean, 1 findings, 2 wrong use. */
public final class Main {
    static final int CLEAN = 0;
    static final int FOUND = 1;
    static final int USAGE = 2;

    private static final String HELP =
            """
            usage: unicard.gate.Main [--allow PACKAGE]... FOLDER|JAR...
            Judges an applet's class files; --allow lets an optional package of Java Card 3.0.5 pass.""";

    private Main() {}

    /** Ends the JVM with the exit code. */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.out, System.err));
    }

    static int run(String[] arguments, PrintStream out, PrintStream err) {
        List<String> allowed = new ArrayList<>();
        List<Path> paths = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].equals("--allow") && i + 1 < arguments.length) {
                allowed.add(arguments[++i]);
            } else if (arguments[i].startsWith("-")) {
                paths.clear();
                break;
            } else {
                paths.add(Path.of(arguments[i]));
            }
        }
        if (paths.isEmpty()) {
            err.println(HELP);
            return USAGE;
        }
        return judge(BytecodeGate.STANDARD.allowing(allowed.toArray(String[]::new)), paths, out, err);
    }

    private static int judge(BytecodeGate gate, List<Path> paths, PrintStream out, PrintStream err) {
        try {
            List<Finding> findings = gate.findings(paths.toArray(Path[]::new));
            findings.forEach(out::println);
            err.println(findings.isEmpty() ? "the gate is open" : findings.size() + " findings");
            return findings.isEmpty() ? CLEAN : FOUND;
        } catch (IOException e) {
            err.println(e.getMessage());
            return USAGE;
        }
    }
}
