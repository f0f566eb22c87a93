package probes.gate.bad;

/** An int field. */
final class IntField {
    int value;
}
