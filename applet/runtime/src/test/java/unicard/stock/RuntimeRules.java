package unicard.stock;

import static unicard.stock.Seat.BYSTANDER;
import static unicard.stock.Seat.KEEPER;
import static unicard.stock.Seat.SCRIBE;
import static unicard.stock.Seat.SEALER;

import java.util.List;
import java.util.function.Predicate;

/** The rules that both cards are asked about. */
final class RuntimeRules {
    private static final String CLEAN = "00000000000000000000";
    private static final String WRITTEN = "00050500050505050101";
    private static final boolean STOCK_KEEPS = true;
    private static final boolean STOCK_BREAKS = false;

    private RuntimeRules() {}

    static List<RuntimeRule> all() {
        return List.of(
                rule("JCRE 7.7", "a commit keeps every write", STOCK_KEEPS,
                        asked(SCRIBE, seat -> ends(seat.ask(0x0B), "9000") && looks(seat, WRITTEN))),
                rule("JCRE 7.6.1", "an abort takes back every write", STOCK_BREAKS,
                        asked(SCRIBE, seat -> ends(seat.ask(0x02), "9000") && looks(seat, CLEAN))),
                rule("JCRE 7.6.2", "a transaction left open at return is aborted", STOCK_BREAKS,
                        asked(SCRIBE, seat -> ends(seat.ask(0x03), "9000") && looks(seat, CLEAN))),
                rule("JCRE 7.6.2", "a transaction left by an exception is aborted", STOCK_BREAKS,
                        asked(SCRIBE, seat -> ends(seat.ask(0x04), "6A80") && looks(seat, CLEAN))),
                rule("JCRE 7.6.2", "a transaction left open in deselect is aborted", STOCK_BREAKS,
                        asked(SCRIBE, RuntimeRules::deselectAborts)),
                rule("JCRE 7.6.2", "a reset after a transaction left open finds no write of it", STOCK_BREAKS,
                        asked(SCRIBE, seat -> {
                            seat.ask(0x03);
                            seat.reset();
                            seat.select(SCRIBE);
                            return looks(seat, CLEAN);
                        })),
                rule("JCRE 7.6.3", "no reference to an object of an aborted transaction stays", STOCK_BREAKS,
                        asked(SCRIBE, seat -> seat.ask(0x0E).equals("00009000"))),
                rule("API JCSystem", "a second begin is refused: IN_PROGRESS", STOCK_KEEPS,
                        asked(SCRIBE, seat -> seat.ask(0x05).equals("00019000"))),
                rule("API JCSystem", "a commit without begin is refused: NOT_IN_PROGRESS", STOCK_KEEPS,
                        asked(SCRIBE, seat -> seat.ask(0x06).equals("00029000"))),
                rule("API JCSystem", "an abort without begin is refused: NOT_IN_PROGRESS", STOCK_KEEPS,
                        asked(SCRIBE, seat -> seat.ask(0x07).equals("00029000"))),
                rule("API JCSystem", "writes in a transaction use commit capacity", STOCK_BREAKS,
                        asked(SCRIBE, seat -> number(seat.ask(0x08)) >= 10)),
                rule("JCRE 7.8", "a transaction that needs more is refused: BUFFER_FULL", STOCK_BREAKS,
                        asked(SCRIBE, seat -> seat.ask(0x09).equals("00039000") && looks(seat, CLEAN))),
                rule("API Util", "arrayCopyNonAtomic is not undone, a plain write beside it is", STOCK_BREAKS,
                        asked(SCRIBE, seat -> ends(seat.ask(0x0A), "9000")
                                && looks(seat, "00000800000000000000"))),
                rule("JCRE 7.5", "the try counter goes down in an aborted transaction too", STOCK_KEEPS,
                        asked(KEEPER, seat -> seat.ask(0x03).equals("02009000"))),
                rule("API OwnerPIN", "tries made available again in an aborted transaction stay", STOCK_KEEPS,
                        asked(KEEPER, seat -> seat.ask(0x13).equals("03009000"))),
                rule("API OwnerPIN", "a new PIN of an aborted transaction is not the PIN", STOCK_BREAKS,
                        asked(KEEPER, seat -> seat.ask(0x04).equals("03019000"))),
                rule("API OwnerPIN", "a reset takes the validated flag back", STOCK_KEEPS,
                        asked(KEEPER, seat -> {
                            boolean validated = seat.ask(0x02).equals("03019000");
                            seat.reset();
                            seat.select(KEEPER);
                            return validated && seat.ask(0x01).equals("03009000");
                        })),
                rule("JCRE 5.2", "a reset clears transient arrays and keys of both kinds, and nothing else",
                        STOCK_BREAKS, asked(KEEPER, seat -> {
                            boolean filled = ends(seat.ask(0x05), "9000") && seat.ask(0x06).equals("003F9000");
                            seat.reset();
                            seat.select(KEEPER);
                            return filled && seat.ask(0x06).equals("00209000");
                        })),
                rule("JCRE 5.2", "a deselection clears CLEAR_ON_DESELECT arrays and keys, and nothing else",
                        STOCK_BREAKS, asked(KEEPER, seat -> {
                            boolean filled = ends(seat.ask(0x05), "9000") && seat.ask(0x06).equals("003F9000");
                            seat.select(BYSTANDER);
                            seat.select(KEEPER);
                            return filled && seat.ask(0x06).equals("00299000");
                        })),
                rule("API Cipher", "a reset forgets what a cipher was given since init", STOCK_BREAKS,
                        asked(SEALER, seat -> forgets(seat, 0x02, 0x03, 0x04))),
                rule("API Signature", "a reset forgets what a signature was given since init", STOCK_BREAKS,
                        asked(SEALER, seat -> forgets(seat, 0x07, 0x08, 0x09))),
                rule("API MessageDigest", "a reset forgets what a digest was given", STOCK_BREAKS,
                        asked(SEALER, seat -> forgets(seat, 0x05, 0x05, 0x06))),
                rule("API Cipher", "a cipher loses a transient key that a deselection clears", STOCK_BREAKS,
                        asked(SEALER, seat -> losesKey(seat, 0x02, 0x04))),
                rule("API Signature", "a signature loses a transient key that a deselection clears",
                        STOCK_BREAKS, asked(SEALER, seat -> losesKey(seat, 0x07, 0x09))),
                rule("API RandomData", "what one generator draws does not tell what another will", STOCK_BREAKS,
                        asked(SEALER, seat -> differ(seat.ask(0x0B, 0x0000), seat.ask(0x0B, 0x0100)))),
                rule("API KeyPair", "no two key pairs are alike", STOCK_BREAKS,
                        asked(SEALER, seat -> differ(seat.ask(0x0C, 0x0000), seat.ask(0x0C, 0x0100)))),
                rule("API JCSystem", "the APDU buffer is transient, cleared at reset", STOCK_BREAKS,
                        asked(KEEPER, seat -> seat.ask(0x08).equals("00019000"))),
                rule("JCRE 6.2.2", "the APDU buffer is cleared before another applet sees it", STOCK_KEEPS,
                        asked(KEEPER, seat -> {
                            boolean left = ends(seat.ask(0x10), "9000");
                            seat.select(BYSTANDER);
                            return left && seat.ask(0x00).equals("009000");
                        })),
                rule("JCRE 6.2", "no applet can keep a reference to the APDU or its buffer", STOCK_BREAKS,
                        asked(KEEPER, seat -> seat.ask(0x12).equals("00009000"))),
                rule("API Util", "arrayFill fills", STOCK_BREAKS,
                        asked(KEEPER, seat -> seat.ask(0x09).equals("06069000"))),
                rule("API ArrayLogic", "arrayFillGenericNonAtomic fills", STOCK_BREAKS,
                        asked(KEEPER, seat -> seat.ask(0x0A).equals("07079000"))),
                rule("API JCSystem", "transient memory has an end: NO_TRANSIENT_SPACE", STOCK_BREAKS,
                        asked(KEEPER, seat -> seat.ask(0x0B, 0x7000).equals("00029000"))),
                rule("API SystemException", "persistent memory has an end: NO_RESOURCE", STOCK_BREAKS,
                        asked(KEEPER, seat -> seat.ask(0x0C, 0x7000).equals("00059000"))),
                rule("API JCSystem", "objects use available memory", STOCK_BREAKS,
                        asked(KEEPER, RuntimeRules::memoryIsUsed)),
                rule("JCRE 8.1", "object deletion gives it back", STOCK_BREAKS,
                        asked(KEEPER, RuntimeRules::memoryComesBack)),
                rule("API APDU", "255 bytes of data come in beside Le", STOCK_BREAKS,
                        asked(KEEPER, seat -> seat.send("80110000FF" + "AB".repeat(255) + "00")
                                .equals("00FF9000"))),
                rule("ISO 7816-3 12.1", "an error carries no data", STOCK_KEEPS,
                        asked(KEEPER, seat -> seat.ask(0x0F).equals("6A80"))),
                rule("JCVM 2.2.4.6", "static fields of an applet are this card's, not those of another card in"
                                + " the same program", STOCK_BREAKS,
                        seat -> ends(seat.another().select(SCRIBE), "9000")
                                && asked(SCRIBE, same -> same.ask(0x0D).equals("00019000")).test(seat)));
    }

    private static RuntimeRule rule(String source, String says, boolean stockKeeps, Predicate<Seat> kept) {
        return new RuntimeRule(source, says, stockKeeps, kept);
    }

    private static Predicate<Seat> asked(String aid, Predicate<Seat> question) {
        return seat -> ends(seat.select(aid), "9000") && question.test(seat);
    }

    private static boolean ends(String answer, String end) {
        return answer.endsWith(end);
    }

    /** What Scribe shows, no transaction being open. */
    private static boolean looks(Seat seat, String state) {
        return seat.ask(0x01).equals(state + "00" + "9000");
    }

    private static int number(String answer) {
        return Integer.parseInt(answer.substring(0, 4), 16);
    }

    private static boolean deselectAborts(Seat seat) {
        boolean told = ends(seat.ask(0x0C), "9000");
        seat.select(BYSTANDER);
        seat.select(SCRIBE);
        return told && looks(seat, CLEAN);
    }

    /** Whether the end of a computation is that of a fresh one, where a reset came between. */
    private static boolean forgets(Seat seat, int init, int update, int end) {
        seat.ask(init);
        seat.reset();
        seat.select(SEALER);
        String fresh = seat.ask(end);
        seat.ask(init);
        boolean updated = ends(seat.ask(update), "9000");
        seat.reset();
        seat.select(SEALER);
        return updated && ends(fresh, "9000") && seat.ask(end).equals(fresh);
    }

    private static boolean differ(String answer, String other) {
        return ends(answer, "9000") && ends(other, "9000") && !answer.equals(other);
    }

    /** Whether what was initialised with a session key fails once it is gone, also with a new one. */
    private static boolean losesKey(Seat seat, int init, int end) {
        seat.ask(0x01);
        boolean works = ends(seat.ask(init, 0x0100), "9000") && ends(seat.ask(end), "9000");
        seat.ask(init, 0x0100);
        seat.select(BYSTANDER);
        seat.select(SEALER);
        boolean lost = seat.ask(end).equals("6F82");
        seat.ask(0x01);
        return works && lost && seat.ask(end).equals("6F82");
    }

    private static boolean memoryIsUsed(Seat seat) {
        int before = number(seat.ask(0x0D));
        boolean taken = seat.ask(0x0C, 0x3000).equals("00009000");
        return taken && number(seat.ask(0x0D)) < before;
    }

    private static boolean memoryComesBack(Seat seat) {
        int before = number(seat.ask(0x0D));
        seat.ask(0x0C, 0x3000);
        int taken = number(seat.ask(0x0D));
        seat.ask(0x0E);
        seat.ask(0x01);
        return taken < before && number(seat.ask(0x0D)) == before;
    }
}
