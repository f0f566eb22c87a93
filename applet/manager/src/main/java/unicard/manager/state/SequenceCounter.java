package unicard.manager.state;

/**
 * How many card challenges were derived from one Key-ENC (Amendment D, 6.2.2.1). It only goes up, and
 * lives as long as its key.
 */
public final class SequenceCounter {
    /** The last number of 3 bytes. */
    public static final int END = 0xFFFFFF;

    private int value;

    SequenceCounter() {}

    /** How many there were. */
    public int value() {
        return value;
    }

    /** Counts one more; one write. */
    public void advance() {
        if (value >= END) {
            throw new IllegalStateException("the sequence counter is at its end");
        }
        value = value + 1;
    }
}
