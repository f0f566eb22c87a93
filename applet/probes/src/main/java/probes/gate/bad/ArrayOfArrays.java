package probes.gate.bad;

/** An array of arrays. */
final class ArrayOfArrays {
    final byte[][] table = new byte[2][3];
}
