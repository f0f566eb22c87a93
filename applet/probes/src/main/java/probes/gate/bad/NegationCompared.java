package probes.gate.bad;

/** -(-32768) is 32768. */
final class NegationCompared {
    static boolean result(short a, short b) {
        return -a > b;
    }
}
