package probes.gate.bad;

/** Walks over a collection. */
final class EqualsOverIterable {
    static Object last(Iterable<Object> all) {
        Object last = null;
        for (Object each : all) {
            last = each;
        }
        return last;
    }
}
