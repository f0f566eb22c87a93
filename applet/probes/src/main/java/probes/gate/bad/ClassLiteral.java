package probes.gate.bad;

/** A class literal. */
final class ClassLiteral {
    static boolean same(Object a) {
        return a == ClassLiteral.class;
    }
}
