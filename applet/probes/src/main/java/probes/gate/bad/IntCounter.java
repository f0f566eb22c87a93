package probes.gate.bad;

/** An int that counts. */
final class IntCounter {
    static short count(byte[] data) {
        short found = 0;
        for (int i = 0; i < data.length; i++) {
            found = data[i];
        }
        return found;
    }
}
