package probes.gate.bad;

/** A char field. */
final class CharField {
    char value;
}
