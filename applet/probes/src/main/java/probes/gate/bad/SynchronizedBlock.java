package probes.gate.bad;

/** A synchronized block. */
final class SynchronizedBlock {
    void run() {
        synchronized (this) {
            return;
        }
    }
}
