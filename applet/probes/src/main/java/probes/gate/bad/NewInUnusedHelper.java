package probes.gate.bad;

/** Nothing says when this method runs. */
final class NewInUnusedHelper {
    byte[] room() {
        return new byte[2];
    }
}
