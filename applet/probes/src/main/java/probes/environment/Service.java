package probes.environment;

import javacard.framework.Shareable;

/** What {@link Server} offers. */
public interface Service extends Shareable {
    /** Adds to what it was called with. */
    byte next(byte number);
}
