package unicard.runtime.api;

import javacardx.crypto.AEADCipher;
import javacardx.crypto.Cipher;

/** {@code Cipher.getInstance} for woven code. AEAD ciphers come as they are. */
public final class Ciphers {
    private Ciphers() {}

    public static Cipher getInstance(byte algorithm, boolean externalAccess) {
        return wrapped(Cipher.getInstance(algorithm, externalAccess));
    }

    public static Cipher getInstance(byte cipher, byte padding, boolean externalAccess) {
        return wrapped(Cipher.getInstance(cipher, padding, externalAccess));
    }

    private static Cipher wrapped(Cipher cipher) {
        return cipher instanceof AEADCipher ? cipher : new SessionCipher(cipher);
    }
}
