package probes.gate.bad;

/** A text in the code. */
@SuppressWarnings("StringEquality")
final class StringInCode {
    static boolean same(Object a) {
        return a == "card";
    }
}
