package unicard.runtime;

/** A command is refused with this status word. */
public final class StatusWordException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int statusWord;

    public StatusWordException(int statusWord) {
        super(String.format("%04X", statusWord), null, false, false);
        this.statusWord = statusWord;
    }

    /** The status word, 2 bytes in one number. */
    public int statusWord() {
        return statusWord;
    }
}
