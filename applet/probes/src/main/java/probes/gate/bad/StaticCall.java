package probes.gate.bad;

/** A static field that a call fills. */
final class StaticCall {
    static short start = first();

    private static short first() {
        return 7;
    }
}
