package probes.gate.bad;

/** The sum may overflow before it is divided. */
final class SumDivided {
    static short result(short a, short b) {
        return (short) ((a + b) / 2);
    }
}
