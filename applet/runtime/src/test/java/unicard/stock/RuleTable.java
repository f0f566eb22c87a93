package unicard.stock;

import java.nio.file.Files;
import java.nio.file.Path;

/** The rules as a table of the documentation, between two marks of its own. */
final class RuleTable {
    private static final String START = "<!-- rules: written by RuleTable, do not edit -->\n";
    private static final String END = "<!-- end of rules -->\n";

    private RuleTable() {}

    /** Writes the table into the document that is named. */
    public static void main(String[] arguments) throws Exception {
        Path document = Path.of(arguments[0]);
        Files.writeString(document, into(Files.readString(document)));
    }

    /** The document with today's table. */
    static String into(String document) {
        int start = document.indexOf(START) + START.length();
        int end = document.indexOf(END);
        if (start < START.length() || end < start) {
            throw new IllegalArgumentException("the document has no marks for the table of rules");
        }
        return document.substring(0, start) + text() + document.substring(end);
    }

    private static String text() {
        int stock = 0;
        int ours = 0;
        StringBuilder rows = new StringBuilder();
        for (RuntimeRule rule : RuntimeRules.all()) {
            boolean keptByStock = rule.keptBy(new StockSeat());
            boolean keptByOurs = rule.keptBy(new OurSeat());
            stock += keptByStock ? 1 : 0;
            ours += keptByOurs ? 1 : 0;
            rows.append(
                    String.format(
                            "| %s | %s | %s | %s |%n",
                            rule.says(), rule.source(), verdict(keptByStock), verdict(keptByOurs)));
        }
        return String.format(
                        "Of these %d rules stock jCardSim keeps %d, this runtime %d.%n%n",
                        RuntimeRules.all().size(), stock, ours)
                + "| rule | source | stock jCardSim | this runtime |\n|---|---|---|---|\n"
                + rows;
    }

    private static String verdict(boolean kept) {
        return kept ? "kept" : "**broken**";
    }
}
