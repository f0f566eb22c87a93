package probes.gate.bad;

/** An assert. */
final class Assertion {
    static void positive(short a) {
        assert a > 0;
    }
}
