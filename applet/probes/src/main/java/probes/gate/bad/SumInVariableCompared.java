package probes.gate.bad;

/** A variable keeps a short; one more may overflow. */
final class SumInVariableCompared {
    static boolean result(short a) {
        short next = 0;
        while (a > 0) {
            a = (short) (a - 3);
            next = a;
        }
        return next + 1 > 0;
    }
}
