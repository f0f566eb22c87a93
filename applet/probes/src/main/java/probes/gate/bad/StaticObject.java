package probes.gate.bad;

/** A static object made at class initialization. */
final class StaticObject {
    static final Object LOCK = new Object();
}
