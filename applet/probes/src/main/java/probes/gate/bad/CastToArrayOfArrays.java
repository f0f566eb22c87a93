package probes.gate.bad;

/** A cast to an array of arrays. */
final class CastToArrayOfArrays {
    static boolean is(Object a) {
        return a instanceof byte[][];
    }
}
