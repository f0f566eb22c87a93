package unicard.runtime;

/**
 * The power fails: nothing that the card does from here on leaves a trace. An Error, because applets
 * catch exceptions; one that catches this too still writes nothing more.
 */
public final class PowerCut extends Error {
    private static final long serialVersionUID = 1;

    PowerCut() {
        super("power cut", null, false, false);
    }
}
