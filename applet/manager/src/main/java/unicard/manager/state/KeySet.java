package unicard.manager.state;

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

    private KeySet(int version, byte[] enc, byte[] mac, byte[] dek, SequenceCounter counter) {
        this.version = version;
        this.enc = enc;
        this.mac = mac;
        this.dek = dek;
        this.counter = counter;
    }

    /** A set of this version without keys. */
    public static KeySet empty(int version) {
        return new KeySet(version, null, null, null, new SequenceCounter());
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

    public boolean isEmpty() {
        return enc == null && mac == null && dek == null;
    }

    /** Whether it opens sessions: all three keys are there, and of one length. */
    public boolean isComplete() {
        return enc != null
                && mac != null
                && dek != null
                && enc.length == mac.length
                && enc.length == dek.length;
    }

    /** The same keys and counter under another version. */
    public KeySet as(int newVersion) {
        return new KeySet(newVersion, enc, mac, dek, counter);
    }

    /**
     * The set with this key. Another Key-ENC begins with a counter of its own; the same one, sent
     * again, goes on with its old counter, or its challenges would come again.
     */
    public KeySet with(int number, byte[] key) {
        byte[] own = key.clone();
        switch (number) {
            case ENC:
                return new KeySet(version, own, mac, dek, same(enc, own) ? counter : new SequenceCounter());
            case MAC:
                return new KeySet(version, enc, own, dek, counter);
            default:
                return new KeySet(version, enc, mac, own, counter);
        }
    }

    /** The set without this key. */
    public KeySet without(int number) {
        return new KeySet(
                version,
                number == ENC ? null : enc,
                number == MAC ? null : mac,
                number == DEK ? null : dek,
                counter);
    }

    private static boolean same(byte[] one, byte[] other) {
        return one != null && java.util.Arrays.equals(one, other);
    }
}
