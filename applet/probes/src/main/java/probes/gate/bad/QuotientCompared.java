package probes.gate.bad;

/** -32768 / -1 is 32768. */
final class QuotientCompared {
    static boolean result(short a, short b) {
        return a / b > 1;
    }
}
