package probes.gate.bad;

/** A synchronized method. */
final class SynchronizedMethod {
    synchronized void run() {}
}
