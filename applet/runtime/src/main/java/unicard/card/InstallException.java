package unicard.card;

/** An applet could not be installed: what happened, with the name of its class. */
public final class InstallException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int statusWord;

    public InstallException(int statusWord, String message, Throwable cause) {
        super(message, cause);
        this.statusWord = statusWord;
    }

    /** The status word that a card answers then, 2 bytes in one number. */
    public int statusWord() {
        return statusWord;
    }
}
