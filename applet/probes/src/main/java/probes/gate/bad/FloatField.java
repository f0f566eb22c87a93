package probes.gate.bad;

/** A float field. */
final class FloatField {
    float value;
}
