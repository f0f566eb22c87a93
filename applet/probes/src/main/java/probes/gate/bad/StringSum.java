package probes.gate.bad;

/** A text put together. */
final class StringSum {
    final Object text;

    StringSum(Object a) {
        text = a + "card";
    }
}
