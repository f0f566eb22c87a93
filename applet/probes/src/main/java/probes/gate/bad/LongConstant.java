package probes.gate.bad;

/** A constant of type long, as serialVersionUID is one. */
final class LongConstant {
    static final long UID = 1;
}
