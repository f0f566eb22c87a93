package unicard.runtime.api;

import java.security.SecureRandom;
import javacard.security.RandomData;

/**
 * Stands in for jCardSim's {@code RandomData}, which gives the same bytes in each new object. A seed is mixed
 * in and takes nothing away (Java Card 3.0.5 API: how is up to the platform).
 */
@SuppressWarnings("deprecation") // generateData, which every card has
public final class CardRandomData extends RandomData {
    private final byte algorithm;
    private final SecureRandom random = new SecureRandom();

    public CardRandomData(byte algorithm) {
        this.algorithm = algorithm;
    }

    @Override
    public void generateData(byte[] buffer, short offset, short length) {
        nextBytes(buffer, offset, length);
    }

    @Override
    public short nextBytes(byte[] buffer, short offset, short length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        System.arraycopy(bytes, 0, buffer, offset, length);
        return (short) (offset + length);
    }

    @Override
    public void setSeed(byte[] buffer, short offset, short length) {
        byte[] seed = new byte[length];
        System.arraycopy(buffer, offset, seed, 0, length);
        random.setSeed(seed);
    }

    @Override
    public byte getAlgorithm() {
        return algorithm;
    }
}
