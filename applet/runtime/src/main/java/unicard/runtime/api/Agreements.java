package unicard.runtime.api;

import javacard.security.KeyAgreement;

/** {@code KeyAgreement.getInstance} for woven code. */
public final class Agreements {
    private Agreements() {}

    public static KeyAgreement getInstance(byte algorithm, boolean externalAccess) {
        return new SessionAgreement(KeyAgreement.getInstance(algorithm, externalAccess));
    }
}
