package probes.gate.bad;

/** A cast to char. */
final class CharCast {
    static short unsigned(short a) {
        return (short) (char) a;
    }
}
