package probes.gate.bad;

/** An int variable. */
final class IntVariable {
    static short sum(short a, short b) {
        int sum = a + b;
        return (short) sum;
    }
}
