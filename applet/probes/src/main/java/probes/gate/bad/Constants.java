package probes.gate.bad;

/** An enum. */
enum Constants {
    /** The one. */
    ONE,
    /** The other. */
    TWO
}
