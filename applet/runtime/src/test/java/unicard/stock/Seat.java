package unicard.stock;

import java.util.HexFormat;

/** A card with the applets of probes.rules, of either make; commands and answers in hexadecimal. */
abstract class Seat {
    static final String SCRIBE = "F052554C4501";
    static final String KEEPER = "F052554C4502";
    static final String BYSTANDER = "F052554C4503";
    static final String SEALER = "F052554C4505";
    static final String PACKAGE = "probes.rules.";

    abstract byte[] transmit(byte[] command);

    abstract void reset();

    /** One more card of the same make. */
    abstract Seat another();

    String send(String command) {
        byte[] answer = transmit(HexFormat.of().parseHex(command));
        return HexFormat.of().withUpperCase().formatHex(answer);
    }

    String select(String aid) {
        return send(String.format("00A40400%02X%s", aid.length() / 2, aid));
    }

    /** A command of class 80 with P1 P2 and without data, to what is selected. */
    String ask(int ins, int p1p2) {
        return send(String.format("80%02X%04X", ins, p1p2));
    }

    String ask(int ins) {
        return ask(ins, 0);
    }
}
