package probes.gate.bad;

/** Walks over a collection. */
final class ForOverIterable {
    static Object last(Iterable<Object> all) {
        Object last = null;
        for (Object each : all) {
            last = each;
        }
        return last;
    }
}
