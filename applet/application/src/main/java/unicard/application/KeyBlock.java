package unicard.application;

import javacard.framework.Util;
import javacard.security.AESKey;

/** A key block of PUT KEY (Amendment D 1.1.2, 7.2): 88 11 10, encrypted AES-128 key, 03, check value. */
final class KeyBlock {
    private static final byte AES = (byte) 0x88;

    /** Places in a block. */
    private static final short KEY_LENGTH = 2;
    private static final short KEY = 3;
    private static final short CHECK_LENGTH = (short) (KEY + Aes.BLOCK);
    private static final short CHECK = (short) (CHECK_LENGTH + 1);

    /** Bytes of a block. */
    static final short LENGTH = (short) (CHECK + Aes.CHECK);

    private final AESKey candidate;
    private final Session session;
    private final Aes aes;

    KeyBlock(Transient ram, Session session, Aes aes) {
        candidate = ram.candidate;
        this.session = session;
        this.aes = aes;
    }

    /** Where the key of a block stands. */
    static short key(short block) {
        return (short) (block + KEY);
    }

    /** Whether type and lengths are right. */
    boolean isFormed(byte[] buffer, short block) {
        return buffer[block] == AES
                && buffer[(short) (block + 1)] == Aes.BLOCK + 1
                && buffer[(short) (block + KEY_LENGTH)] == Aes.BLOCK
                && buffer[(short) (block + CHECK_LENGTH)] == Aes.CHECK;
    }

    /** Decrypts the key in place, and answers whether the check value is its own. */
    boolean opens(byte[] buffer, short block) {
        session.decrypt(buffer, key(block), Aes.BLOCK);
        candidate.setKey(buffer, key(block));
        boolean isOwn = aes.isCheckValue(candidate, buffer, (short) (block + CHECK));
        candidate.clearKey();
        return isOwn;
    }

    /** Wipes the key, so that what is sent or kept later cannot hold it. */
    void forget(byte[] buffer, short block) {
        Util.arrayFillNonAtomic(buffer, key(block), Aes.BLOCK, (byte) 0);
    }
}
