package probes.gate.bad;

/** The product may overflow before the remainder is taken. */
final class SumRemainder {
    static short result(short a, short b) {
        return (short) (a * b % 7);
    }
}
