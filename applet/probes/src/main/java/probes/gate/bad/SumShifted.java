package probes.gate.bad;

/** The sum may overflow before it is shifted. */
final class SumShifted {
    static short result(short a, short b) {
        return (short) ((a + b) >> 1);
    }
}
