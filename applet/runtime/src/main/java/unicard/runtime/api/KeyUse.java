package unicard.runtime.api;

import javacard.security.CryptoException;
import javacard.security.Key;
import javacard.security.KeyBuilder;
import unicard.runtime.Hooks;
import unicard.runtime.PersistentMemory;

/**
 * The key that an algorithm object was last initialised with, and whether it still has it.
 *
 * <p>After a reset the object is as it was after that init: nothing of what was updated since is left.
 * A transient key is lost with the event that clears it, also where it is set again: the object must be
 * initialised anew (Java Card 3.0.5 API, classes Cipher, Signature and KeyAgreement).
 */
final class KeyUse {
    private Key key;
    private Runnable again;
    private int session;
    private int deselections;

    /**
     * The object was initialised.
     *
     * @param repeat does it once more
     */
    void begins(Key withKey, Runnable repeat) {
        Key oldKey = key;
        Runnable oldRepeat = again;
        Hooks.memory().willChange(this, () -> {
            key = oldKey;
            again = oldRepeat;
        });
        key = withKey;
        again = repeat;
        session = Hooks.memory().session();
        deselections = Hooks.memory().deselections();
    }

    /**
     * Before each use of the object.
     *
     * @throws CryptoException INVALID_INIT where it was not initialised, UNINITIALIZED_KEY where the key
     *     is no more
     */
    void goesOn() {
        if (key == null) {
            CryptoException.throwIt(CryptoException.INVALID_INIT);
        }
        PersistentMemory memory = Hooks.memory();
        boolean reset = memory.session() != session;
        boolean lost = isCleared(key.getType(), reset, memory.deselections() != deselections);
        if (lost || !key.isInitialized()) {
            CryptoException.throwIt(CryptoException.UNINITIALIZED_KEY);
        }
        if (reset) {
            session = memory.session();
            again.run();
        }
    }

    private static boolean isCleared(byte type, boolean reset, boolean deselected) {
        return switch (type) {
            case KeyBuilder.TYPE_DES_TRANSIENT_RESET,
                    KeyBuilder.TYPE_AES_TRANSIENT_RESET,
                    KeyBuilder.TYPE_KOREAN_SEED_TRANSIENT_RESET,
                    KeyBuilder.TYPE_HMAC_TRANSIENT_RESET,
                    KeyBuilder.TYPE_RSA_PRIVATE_TRANSIENT_RESET,
                    KeyBuilder.TYPE_RSA_CRT_PRIVATE_TRANSIENT_RESET,
                    KeyBuilder.TYPE_DSA_PRIVATE_TRANSIENT_RESET,
                    KeyBuilder.TYPE_EC_F2M_PRIVATE_TRANSIENT_RESET,
                    KeyBuilder.TYPE_EC_FP_PRIVATE_TRANSIENT_RESET,
                    KeyBuilder.TYPE_DH_PUBLIC_TRANSIENT_RESET,
                    KeyBuilder.TYPE_DH_PRIVATE_TRANSIENT_RESET ->
                    reset;
            case KeyBuilder.TYPE_DES_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_AES_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_KOREAN_SEED_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_HMAC_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_RSA_PRIVATE_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_RSA_CRT_PRIVATE_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_DSA_PRIVATE_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_EC_F2M_PRIVATE_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_EC_FP_PRIVATE_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_DH_PUBLIC_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_DH_PRIVATE_TRANSIENT_DESELECT ->
                    reset || deselected;
            default -> false;
        };
    }
}
