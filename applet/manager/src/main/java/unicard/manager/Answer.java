package unicard.manager;

/**
 * What a command is answered, without secure messaging.
 *
 * @param data empty where the status word is an error
 * @param sw status word
 */
public record Answer(byte[] data, int sw) {
    private static final byte[] NOTHING = {};

    /** Success without data. */
    public static final Answer DONE = new Answer(NOTHING, Contract.Sw.SUCCESS);

    /** Success with data. */
    public static Answer of(byte[] data) {
        return new Answer(data, Contract.Sw.SUCCESS);
    }

    /** A status word alone. */
    public static Answer word(int sw) {
        return new Answer(NOTHING, sw);
    }

    /** Data and status word, as they go to the reader. */
    public byte[] bytes() {
        byte[] bytes = java.util.Arrays.copyOf(data, data.length + 2);
        bytes[data.length] = (byte) (sw >> 8);
        bytes[data.length + 1] = (byte) sw;
        return bytes;
    }
}
