package unicard.runtime.api;

import javacard.security.Signature;
import javacard.security.SignatureMessageRecovery;

/** {@code Signature.getInstance} for woven code. Signatures with message recovery come as they are. */
public final class Signatures {
    private Signatures() {}

    public static Signature getInstance(byte algorithm, boolean externalAccess) {
        return wrapped(algorithm, Signature.getInstance(algorithm, externalAccess));
    }

    public static Signature getInstance(byte digest, byte cipher, byte padding, boolean externalAccess) {
        Signature signature = Signature.getInstance(digest, cipher, padding, externalAccess);
        return wrapped(signature.getAlgorithm(), signature);
    }

    /** jCardSim's signatures can all be cast for recovery; only these are made for it. */
    private static Signature wrapped(byte algorithm, Signature signature) {
        boolean recovers =
                signature instanceof SignatureMessageRecovery
                        && (algorithm == Signature.ALG_RSA_SHA_ISO9796_MR
                                || algorithm == Signature.ALG_RSA_RIPEMD160_ISO9796_MR);
        return recovers ? signature : new SessionSignature(signature);
    }
}
