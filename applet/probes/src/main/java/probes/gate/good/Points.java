package probes.gate.good;

import javacard.framework.Shareable;

/** What the loyalty applet lets others do. */
public interface Points extends Shareable {
    /** Adds points and tells how many there are; at most 1000. */
    short add(byte points);
}
