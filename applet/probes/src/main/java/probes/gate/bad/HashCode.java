package probes.gate.bad;

/** Asks for a hash code. */
final class HashCode {
    boolean zero() {
        hashCode();
        return true;
    }
}
