package probes.gate.bad;

/** Clones an array. */
final class CloneOfArray {
    static byte[] copy(byte[] data) {
        return data.clone();
    }
}
