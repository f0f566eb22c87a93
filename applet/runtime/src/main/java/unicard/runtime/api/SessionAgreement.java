package unicard.runtime.api;

import javacard.security.KeyAgreement;
import javacard.security.PrivateKey;

/** A key agreement of jCardSim that loses its key as {@link KeyUse} says. */
final class SessionAgreement extends KeyAgreement {
    private final KeyAgreement agreement;
    private final KeyUse use = new KeyUse();

    SessionAgreement(KeyAgreement agreement) {
        this.agreement = agreement;
    }

    @Override
    public void init(PrivateKey privKey) {
        agreement.init(privKey);
        use.begins(privKey, () -> agreement.init(privKey));
    }

    @Override
    public byte getAlgorithm() {
        return agreement.getAlgorithm();
    }

    @Override
    public short generateSecret(byte[] data, short offset, short length, byte[] secret, short secretOffset) {
        use.goesOn();
        return agreement.generateSecret(data, offset, length, secret, secretOffset);
    }
}
