package unicard.runtime.api;

import java.util.Arrays;
import javacard.security.Key;
import javacard.security.Signature;

/** A signature of jCardSim that forgets at a reset, and with its key, what {@link KeyUse} says. */
final class SessionSignature extends Signature {
    private final Signature signature;
    private final KeyUse use = new KeyUse();

    SessionSignature(Signature signature) {
        this.signature = signature;
    }

    @Override
    public void init(Key theKey, byte theMode) {
        signature.init(theKey, theMode);
        use.begins(theKey, () -> signature.init(theKey, theMode));
    }

    @Override
    public void init(Key theKey, byte theMode, byte[] bArray, short bOff, short bLen) {
        signature.init(theKey, theMode, bArray, bOff, bLen);
        byte[] kept = Arrays.copyOfRange(bArray, bOff, bOff + bLen);
        use.begins(theKey, () -> signature.init(theKey, theMode, kept, (short) 0, bLen));
    }

    @Override
    public void setInitialDigest(
            byte[] state, short stateOff, short stateLen, byte[] count, short countOff, short countLen) {
        use.goesOn();
        signature.setInitialDigest(state, stateOff, stateLen, count, countOff, countLen);
    }

    @Override
    public byte getAlgorithm() {
        return signature.getAlgorithm();
    }

    @Override
    public byte getMessageDigestAlgorithm() {
        return signature.getMessageDigestAlgorithm();
    }

    @Override
    public byte getCipherAlgorithm() {
        return signature.getCipherAlgorithm();
    }

    @Override
    public byte getPaddingAlgorithm() {
        return signature.getPaddingAlgorithm();
    }

    @Override
    public short getLength() {
        return signature.getLength();
    }

    @Override
    public void update(byte[] in, short inOff, short inLen) {
        use.goesOn();
        signature.update(in, inOff, inLen);
    }

    @Override
    public short sign(byte[] in, short inOff, short inLen, byte[] out, short outOff) {
        use.goesOn();
        return signature.sign(in, inOff, inLen, out, outOff);
    }

    @Override
    public short signPreComputedHash(byte[] in, short inOff, short inLen, byte[] out, short outOff) {
        use.goesOn();
        return signature.signPreComputedHash(in, inOff, inLen, out, outOff);
    }

    @Override
    public boolean verify(byte[] in, short inOff, short inLen, byte[] sig, short sigOff, short sigLen) {
        use.goesOn();
        return signature.verify(in, inOff, inLen, sig, sigOff, sigLen);
    }

    @Override
    public boolean verifyPreComputedHash(
            byte[] in, short inOff, short inLen, byte[] sig, short sigOff, short sigLen) {
        use.goesOn();
        return signature.verifyPreComputedHash(in, inOff, inLen, sig, sigOff, sigLen);
    }
}
