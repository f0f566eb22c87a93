package probes.gate.bad;

import javacardx.framework.tlv.BERTLV;

/** Uses an optional package. */
final class OptionalTlv {
    static boolean valid(byte[] data) {
        return BERTLV.verifyFormat(data, (short) 0, (short) 2);
    }
}
