package unicard.runtime.api;

import java.security.SecureRandom;
import javacard.security.RandomData;

/**
 * {@code com.licel.jcardsim.crypto.RandomDataImpl}; each card defines this class under that name.
 * jCardSim's own has no seed, so that each card would draw the same numbers.
 */
public final class RealRandomData extends RandomData {
    private final SecureRandom random = new SecureRandom();
    private final byte algorithm;

    /** @param algorithm one of RandomData's; they are all alike here */
    public RealRandomData(byte algorithm) {
        this.algorithm = algorithm;
    }

    @Override
    @Deprecated
    public void generateData(byte[] buffer, short offset, short length) {
        nextBytes(buffer, offset, length);
    }

    @Override
    public short nextBytes(byte[] buffer, short offset, short length) {
        byte[] drawn = new byte[length];
        random.nextBytes(drawn);
        System.arraycopy(drawn, 0, buffer, offset, length);
        return (short) (offset + length);
    }

    /** Adds to what there is; the numbers do not follow from the seed alone. */
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
