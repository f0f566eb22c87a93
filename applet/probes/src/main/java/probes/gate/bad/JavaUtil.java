package probes.gate.bad;

import java.util.BitSet;

/** Uses java.util. */
final class JavaUtil {
    final Object kept = new BitSet();
}
