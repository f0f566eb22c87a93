package unicard.runtime.api;

import java.security.SecureRandom;

/**
 * {@code com.licel.jcardsim.crypto.SecureRandomNullProvider}, which key pairs and signatures are made
 * with; each card defines this class under that name. jCardSim's own has no seed, so that each card
 * would make the same keys.
 */
public final class RealRandom extends SecureRandom {
    private static final long serialVersionUID = 1;

    /** Seeded by the operating system. */
    public RealRandom() {
        super();
    }
}
