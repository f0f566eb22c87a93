package probes.gate.bad;

/** The sum is a length. */
final class SumAsLength {
    final byte[] room;

    SumAsLength(short a, short b) {
        room = new byte[a + b];
    }
}
