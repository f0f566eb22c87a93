package probes.gate.bad;

/** An array beyond 32767. */
final class LargeArray {
    final byte[] room = new byte[40000];
}
