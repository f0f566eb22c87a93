package probes.gate.bad;

/** The sum may overflow before it is compared. */
final class SumCompared {
    static boolean result(short a, short b) {
        return a + b > 100;
    }
}
