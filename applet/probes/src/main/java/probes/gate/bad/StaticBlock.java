package probes.gate.bad;

/** A static block with a condition. */
final class StaticBlock {
    static short start = 1;

    static {
        if (start > 0) {
            start = 2;
        }
    }
}
