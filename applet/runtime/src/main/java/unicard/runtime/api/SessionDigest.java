package unicard.runtime.api;

import javacard.security.InitializedMessageDigest;
import javacard.security.MessageDigest;
import unicard.runtime.Hooks;

/** A message digest of jCardSim that a reset of the card resets too (Java Card 3.0.5 API, MessageDigest). */
final class SessionDigest extends InitializedMessageDigest {
    private final MessageDigest digest;
    private final boolean externalAccess;
    private int session = Hooks.memory().session();

    SessionDigest(MessageDigest digest, boolean externalAccess) {
        this.digest = digest;
        this.externalAccess = externalAccess;
    }

    /** @throws SecurityException where its memory, which a card may clear at deselection, is not there */
    private MessageDigest digest() {
        if (!externalAccess && !Hooks.isSelected()) {
            throw new SecurityException("made without external access, and its owner is not selected");
        }
        if (session != Hooks.memory().session()) {
            digest.reset();
            session = Hooks.memory().session();
        }
        return digest;
    }

    @Override
    public void setInitialDigest(
            byte[] state, short stateOff, short stateLen, byte[] count, short countOff, short countLen) {
        ((InitializedMessageDigest) digest())
                .setInitialDigest(state, stateOff, stateLen, count, countOff, countLen);
    }

    @Override
    public byte getAlgorithm() {
        return digest.getAlgorithm();
    }

    @Override
    public byte getLength() {
        return digest.getLength();
    }

    @Override
    public short doFinal(byte[] in, short inOff, short inLen, byte[] out, short outOff) {
        return digest().doFinal(in, inOff, inLen, out, outOff);
    }

    @Override
    public void update(byte[] in, short inOff, short inLen) {
        digest().update(in, inOff, inLen);
    }

    @Override
    public void reset() {
        digest().reset();
    }
}
