package probes.gate.bad;

/** Long arithmetic on shorts. */
final class LongArithmetic {
    static short product(short a, short b) {
        return (short) ((long) a * b >> 2);
    }
}
