package probes.gate.bad;

/** A String field. */
final class StringField {
    String value;
}
