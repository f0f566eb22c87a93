package probes.gate.bad;

/** javac counts an enhanced for over an array with an int. */
final class EnhancedFor {
    static byte last(byte[] data) {
        byte last = 0;
        for (byte each : data) {
            last = each;
        }
        return last;
    }
}
