package probes.gate.bad;

/** Asks an object for its class. */
final class GetClass {
    boolean same() {
        return this.getClass() == null;
    }
}
