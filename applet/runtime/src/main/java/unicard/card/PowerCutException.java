package unicard.card;

/** The power failed, or the card has none; it answers nothing until it is reset. */
public final class PowerCutException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public PowerCutException(String message) {
        super(message);
    }
}
