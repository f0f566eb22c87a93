package unicard.card;

/** An applet executed more bytecodes than the card's limit: a real card would never answer. */
public final class CardHungException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public CardHungException(String message) {
        super(message);
    }
}
