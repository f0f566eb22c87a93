package probes.gate.bad;

/** Catches an error that cards lack. */
final class CatchesError {
    static void run(byte[] data) {
        try {
            data[0] = 1;
        } catch (StackOverflowError e) {
            data[1] = 2;
        }
    }
}
