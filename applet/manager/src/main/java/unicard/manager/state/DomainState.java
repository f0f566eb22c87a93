package unicard.manager.state;

import java.util.HexFormat;
import unicard.manager.Contract.Aid;
import unicard.manager.Contract.CardState;

/** The root of what the card manager remembers; it is made once, when the card is. */
public final class DomainState {
    private final CardContent content = new CardContent(HexFormat.of().parseHex(Aid.ISD));
    private final KeyRing keys = new KeyRing();
    private int lifeCycle = CardState.OP_READY.code;

    /** The key sets. */
    public KeyRing keys() {
        return keys;
    }

    public CardState lifeCycle() {
        return CardState.of(lifeCycle);
    }

    /** Writes the card's life cycle state: one write. */
    public void setLifeCycle(CardState state) {
        lifeCycle = state.code;
    }

    /**
     * What STORE DATA left under 42 (issuer identification number) or 45 (card image number).
     *
     * @return null where nothing is stored
     */
    public byte[] issuerData(int tag) {
        return tag == 0x42 ? content.issuerNumber() : tag == 0x45 ? content.cardNumber() : null;
    }

    /** What is on the card. */
    public CardContent content() {
        return content;
    }
}
