package unicard.application;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A vector of the contract's transactions: names, and texts or whole numbers, on one line of the file. */
record ContractVector(String line) {
    private static final Path FILE = Path.of("../../applet_spec/data/transactions.json");

    /** The vectors of a list of this name. */
    static List<ContractVector> of(String list) throws IOException {
        String all = Files.readString(FILE);
        String begin = "\"" + list + "\": [";
        int from = all.indexOf(begin) + begin.length();
        String found = all.substring(from, all.indexOf(']', from)).strip();
        return found.lines().map(String::strip).map(ContractVector::new).toList();
    }

    private String value(String name, String pattern) {
        Matcher matcher = Pattern.compile("\"" + name + "\": " + pattern + "[,}]").matcher(line);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + name + " in " + line);
        }
        return matcher.group(1);
    }

    String text(String name) {
        return value(name, "\"([^\"]*)\"");
    }

    long number(String name) {
        return Long.parseLong(value(name, "([0-9]+)"));
    }
}
