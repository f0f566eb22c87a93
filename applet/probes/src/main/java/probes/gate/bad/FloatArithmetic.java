package probes.gate.bad;

/** Float arithmetic. */
final class FloatArithmetic {
    static boolean half(short a) {
        return a * 0.5f > 1f;
    }
}
