package probes.gate.bad;

/** An int result. */
final class IntResult {
    static int zero() {
        return 0;
    }
}
