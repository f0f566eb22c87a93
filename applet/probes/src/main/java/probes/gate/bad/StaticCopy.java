package probes.gate.bad;

/** A static field that starts as another class's. */
final class StaticCopy {
    static short start = StaticCall.start;
}
