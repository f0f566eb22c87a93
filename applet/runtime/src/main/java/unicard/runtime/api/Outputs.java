package unicard.runtime.api;

import unicard.runtime.Hooks;
import unicard.runtime.TornArrays;

/** Leads the bytes that the platform hands out to where they belong. */
final class Outputs {
    /** A method of the platform that writes into an array. */
    interface Output {
        /** @return how many bytes it wrote */
        short into(byte[] array, short offset);
    }

    private Outputs() {}

    static short take(byte[] out, short offset, Output output) {
        if (out == null || Hooks.memory().isVolatile(out)) {
            return output.into(out, offset);
        }
        byte[] copy = out.clone();
        short count = output.into(copy, offset);
        TornArrays.copyNonAtomic(copy, offset, out, offset, count);
        return count;
    }
}
