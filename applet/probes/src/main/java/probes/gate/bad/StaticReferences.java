package probes.gate.bad;

/** A static array of references. */
final class StaticReferences {
    static final Object[] NONE = {null, null};
}
