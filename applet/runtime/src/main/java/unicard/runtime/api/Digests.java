package unicard.runtime.api;

import javacard.security.InitializedMessageDigest;
import javacard.security.MessageDigest;

/** The makers of {@code MessageDigest} for woven code. */
public final class Digests {
    private Digests() {}

    public static MessageDigest getInstance(byte algorithm, boolean externalAccess) {
        return new SessionDigest(MessageDigest.getInstance(algorithm, externalAccess));
    }

    public static InitializedMessageDigest getInitializedMessageDigestInstance(
            byte algorithm, boolean externalAccess) {
        return new SessionDigest(
                MessageDigest.getInitializedMessageDigestInstance(algorithm, externalAccess));
    }
}
