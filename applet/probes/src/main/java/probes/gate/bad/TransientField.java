package probes.gate.bad;

/** The keyword transient does not make transient memory. */
final class TransientField {
    transient byte value;
}
