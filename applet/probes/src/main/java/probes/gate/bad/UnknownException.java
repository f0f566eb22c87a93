package probes.gate.bad;

/** Throws an exception that cards lack. */
final class UnknownException {
    UnknownException(short a) {
        if (a < 0) {
            throw new IllegalArgumentException();
        }
    }
}
