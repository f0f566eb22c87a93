package probes.gate.bad;

/** A left shift may overflow. */
final class LeftShiftCompared {
    static boolean result(short a, short b) {
        return a << 8 == b;
    }
}
