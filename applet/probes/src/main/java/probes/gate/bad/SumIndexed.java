package probes.gate.bad;

/** The sum is an index. */
final class SumIndexed {
    static byte result(byte[] data, short a) {
        return data[a + 1];
    }
}
