package unicard.runtime;

/** An applet executed more bytecodes in one command than the card allows. */
public final class Hung extends Error {
    private static final long serialVersionUID = 1;

    Hung(long limit) {
        super("more than " + limit + " bytecodes in one command", null, false, false);
    }
}
