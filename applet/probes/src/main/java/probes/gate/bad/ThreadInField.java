package probes.gate.bad;

/** A thread. */
final class ThreadInField {
    Thread thread;
}
