package unicard.runtime.api;

import javacard.security.InitializedMessageDigest;
import javacard.security.MessageDigest;

/**
 * The makers of {@code MessageDigest} for woven code. jCardSim makes none for external access; here only
 * such a one works while its owner is not selected, as the API has it.
 */
public final class Digests {
    private Digests() {}

    public static MessageDigest getInstance(byte algorithm, boolean externalAccess) {
        return new SessionDigest(MessageDigest.getInstance(algorithm, false), externalAccess);
    }

    public static InitializedMessageDigest getInitializedMessageDigestInstance(
            byte algorithm, boolean externalAccess) {
        return new SessionDigest(
                MessageDigest.getInitializedMessageDigestInstance(algorithm, false), externalAccess);
    }
}
