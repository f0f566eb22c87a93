package probes.gate.bad;

/** A double result. */
final class DoubleResult {
    static double zero() {
        return 0;
    }
}
