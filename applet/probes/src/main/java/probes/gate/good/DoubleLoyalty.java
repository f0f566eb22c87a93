package probes.gate.good;

/** Inherits what makes it an applet. */
@SuppressWarnings("overrides")
public final class DoubleLoyalty extends Loyalty {
    private final Object[] both = new Object[2];

    private DoubleLoyalty() {
        both[0] = this;
    }

    /** Registers with the AID of the class. */
    public static void install(byte[] data, short offset, byte length) {
        new DoubleLoyalty().register();
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) || other instanceof DoubleLoyalty && ((DoubleLoyalty) other).both == both;
    }
}
