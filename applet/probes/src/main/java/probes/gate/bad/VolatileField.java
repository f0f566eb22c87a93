package probes.gate.bad;

/** The keyword volatile. */
final class VolatileField {
    volatile byte value;
}
