package unicard.manager.state;

import java.util.Arrays;

/** Up to three AES keys of one version; it never changes, its sequence counter does. */
public final class KeySet {
    /** Numbers of the keys (GlobalPlatform Card 2.3.1, 11.1.9; Amendment D, 4.1.1). */
    public static final int ENC = 1;

    public static final int MAC = 2;
    public static final int DEK = 3;

    private final int version;
    private final byte[] enc;
    private final byte[] mac;
    private final byte[] dek;
    private final SequenceCounter counter;

    /**
     * Makes a set; keys that it lacks are null. It keeps the arrays.
     *
     * <p>Another Key-ENC begins with a counter of its own; the same one, sent again, goes on with its old
     * counter, or its challenges would come again.
     *
     * @param before what the set was until now; null where it is new
     */
    public KeySet(int version, byte[] enc, byte[] mac, byte[] dek, KeySet before) {
        this.version = version;
        this.enc = enc;
        this.mac = mac;
        this.dek = dek;
        boolean goesOn = before != null && enc != null && Arrays.equals(enc, before.enc);
        counter = goesOn ? before.counter : new SequenceCounter();
    }

    public int version() {
        return version;
    }

    /** The key of a number: not to be written to; null where there is none. */
    public byte[] key(int number) {
        switch (number) {
            case ENC:
                return enc;
            case MAC:
                return mac;
            case DEK:
                return dek;
            default:
                return null;
        }
    }

    public SequenceCounter counter() {
        return counter;
    }

    /** Whether it opens sessions. */
    public boolean isComplete() {
        return isComplete(enc, mac, dek);
    }

    /** Whether these keys would open sessions together: all three are there, and of one length. */
    public static boolean isComplete(byte[] enc, byte[] mac, byte[] dek) {
        return enc != null
                && mac != null
                && dek != null
                && enc.length == mac.length
                && enc.length == dek.length;
    }
}
