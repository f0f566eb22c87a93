package probes.gate.bad;

/** A comparison with zero hides in the code. */
final class SumTestedForZero {
    static boolean result(short a, short b) {
        return a - b == 0;
    }
}
