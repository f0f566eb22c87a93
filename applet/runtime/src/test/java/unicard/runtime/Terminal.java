package unicard.runtime;

import java.util.HexFormat;
import unicard.card.CardOptions;
import unicard.card.JavaCard;

/** A card with probe applets, spoken to in hexadecimal. */
final class Terminal implements AutoCloseable {
    static final String FIRST = "F04B320001";
    static final String SECOND = "F04B320002";
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    final JavaCard card;

    Terminal(CardOptions options) {
        card = JavaCard.insert(options);
    }

    static Terminal plain() {
        return new Terminal(CardOptions.PLAIN);
    }

    /** A plain card with one applet, selected. */
    static Terminal with(String probe) {
        Terminal terminal = plain();
        terminal.install(probe, FIRST);
        terminal.select(FIRST);
        return terminal;
    }

    static byte[] bytes(String hex) {
        return HEX.parseHex(hex.replace(" ", ""));
    }

    static String hex(byte[] bytes) {
        return HEX.formatHex(bytes);
    }

    void install(String probe, String aid) {
        install(probe, aid, "");
    }

    void install(String probe, String aid, String parameters) {
        card.install("probes.environment." + probe, bytes(aid), bytes(parameters));
    }

    String send(String command) {
        return hex(card.transmit(bytes(command)));
    }

    String select(String aid) {
        return send(String.format("00A40400%02X%s", aid.length() / 2, aid));
    }

    /** A command of class 80 without data. */
    String ask(int ins, int p1p2) {
        return send(String.format("80%02X%04X", ins, p1p2));
    }

    String ask(int ins) {
        return ask(ins, 0);
    }

    void reset() {
        card.reset();
    }

    @Override
    public void close() {
        card.close();
    }
}
