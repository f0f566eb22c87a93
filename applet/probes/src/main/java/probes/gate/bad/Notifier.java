package probes.gate.bad;

/** Wakes others. */
final class Notifier {
    void wake() {
        notifyAll();
    }
}
