package probes.gate.bad;

/** Calls java.lang.System. */
final class SystemGc {
    static void collect() {
        System.gc();
    }
}
