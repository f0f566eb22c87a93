package probes.gate.bad;

/** A long field. */
final class LongField {
    long value;

    boolean empty() {
        return this == null;
    }
}
