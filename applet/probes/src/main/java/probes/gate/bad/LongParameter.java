package probes.gate.bad;

/** A long parameter. */
final class LongParameter {
    static void take(long value) {}
}
