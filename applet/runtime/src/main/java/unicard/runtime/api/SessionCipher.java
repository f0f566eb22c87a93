package unicard.runtime.api;

import java.util.Arrays;
import javacard.security.Key;
import javacardx.crypto.Cipher;

/** A cipher of jCardSim that forgets at a reset, and with its key, what {@link KeyUse} says. */
final class SessionCipher extends Cipher {
    private final Cipher cipher;
    private final KeyUse use = new KeyUse();

    SessionCipher(Cipher cipher) {
        this.cipher = cipher;
    }

    @Override
    public void init(Key theKey, byte theMode) {
        cipher.init(theKey, theMode);
        use.begins(theKey, () -> cipher.init(theKey, theMode));
    }

    @Override
    public void init(Key theKey, byte theMode, byte[] bArray, short bOff, short bLen) {
        cipher.init(theKey, theMode, bArray, bOff, bLen);
        byte[] kept = Arrays.copyOfRange(bArray, bOff, bOff + bLen);
        use.begins(theKey, () -> cipher.init(theKey, theMode, kept, (short) 0, bLen));
    }

    @Override
    public byte getAlgorithm() {
        return cipher.getAlgorithm();
    }

    @Override
    public byte getCipherAlgorithm() {
        return cipher.getCipherAlgorithm();
    }

    @Override
    public byte getPaddingAlgorithm() {
        return cipher.getPaddingAlgorithm();
    }

    @Override
    public short doFinal(byte[] in, short inOff, short inLen, byte[] out, short outOff) {
        use.goesOn();
        return cipher.doFinal(in, inOff, inLen, out, outOff);
    }

    @Override
    public short update(byte[] in, short inOff, short inLen, byte[] out, short outOff) {
        use.goesOn();
        return cipher.update(in, inOff, inLen, out, outOff);
    }
}
