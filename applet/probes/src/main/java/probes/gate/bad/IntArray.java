package probes.gate.bad;

/** An array of int. */
final class IntArray {
    final int[] values = new int[2];
}
