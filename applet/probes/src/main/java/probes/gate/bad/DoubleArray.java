package probes.gate.bad;

/** An array of double. */
final class DoubleArray {
    final double[] values = new double[2];
}
