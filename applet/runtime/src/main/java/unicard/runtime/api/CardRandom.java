package unicard.runtime.api;

import java.security.SecureRandom;

/**
 * What key pairs and signatures are made of. jCardSim's own begins anew from the same seed in each object,
 * so that every card would have the same private key, and a signature's secret number would come again.
 */
public final class CardRandom extends SecureRandom {
    private static final long serialVersionUID = 1;

    /** Seeded by the system. */
    public CardRandom() {}
}
