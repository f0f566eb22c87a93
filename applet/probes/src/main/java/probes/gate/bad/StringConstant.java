package probes.gate.bad;

/** A String constant. */
final class StringConstant {
    static final String NAME = "card";
}
