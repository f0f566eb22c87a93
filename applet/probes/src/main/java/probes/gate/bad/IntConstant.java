package probes.gate.bad;

/** A constant beyond 16 bits. */
final class IntConstant {
    static short high(short a) {
        return (short) (a & 0xFF00);
    }
}
