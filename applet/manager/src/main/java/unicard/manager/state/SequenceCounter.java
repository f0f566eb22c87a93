package unicard.manager.state;

import unicard.runtime.TornArrays;

/**
 * How many card challenges were derived from one Key-ENC (Amendment D, 6.2.2.1). It only goes up, and
 * lives as long as its key.
 */
public final class SequenceCounter {
    /** The last number of 3 bytes. */
    public static final int END = 0xFFFFFF;

    private final int[] value = {0};

    SequenceCounter() {}

    /** How many there were. */
    public int value() {
        return value[0];
    }

    /**
     * Counts one more: one write, which no transaction takes back. An applet that aborts its own around
     * a handshake would else meet the same challenge again.
     */
    public void advance() {
        if (value[0] >= END) {
            throw new IllegalStateException("the sequence counter is at its end");
        }
        TornArrays.fillNonAtomic(value, 0, 1, value[0] + 1);
    }
}
