package probes.gate.bad;

/** An unsigned shift of a negative short is not 16 bits wide. */
final class UnsignedShiftCompared {
    static boolean result(short a, short b) {
        return a >>> 4 == b;
    }
}
