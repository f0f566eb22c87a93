package probes.gate.bad;

/** The sum chooses. */
final class SumSwitched {
    static boolean result(short a, short b) {
        switch (a + b) {
            case 1:
                return true;
            default:
                return false;
        }
    }
}
