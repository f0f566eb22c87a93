package probes.gate.bad;

/** An int parameter. */
final class IntParameter {
    static void take(int value) {}
}
