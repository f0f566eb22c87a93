package unicard.link;

/** A frame that means nothing; it is read to its end, so that the next one can be understood. */
final class BadFrameException extends Exception {
    private static final long serialVersionUID = 1;

    BadFrameException(String message) {
        super(message);
    }
}
