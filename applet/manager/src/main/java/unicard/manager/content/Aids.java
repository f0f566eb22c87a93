package unicard.manager.content;

import java.util.Arrays;
import java.util.HexFormat;
import unicard.manager.Contract.Aid;

/** Application identifiers (ISO/IEC 7816-4, 12.2.3): 5 to 16 bytes. */
final class Aids {
    static final int SHORTEST = 5;
    static final int LONGEST = 16;

    private static final byte[] ISD = HexFormat.of().parseHex(Aid.ISD);

    private Aids() {}

    /** The issuer security domain's; a copy. */
    static byte[] isd() {
        return ISD.clone();
    }

    static boolean isIsd(byte[] aid) {
        return Arrays.equals(aid, ISD);
    }

    /** The AID itself; 6A80 where it has not 5 to 16 bytes. */
    static byte[] checked(byte[] aid) {
        if (aid.length < SHORTEST || aid.length > LONGEST) {
            throw Refused.malformed();
        }
        return aid;
    }

    static boolean beginsWith(byte[] aid, byte[] prefix) {
        return prefix.length <= aid.length
                && Arrays.equals(aid, 0, prefix.length, prefix, 0, prefix.length);
    }
}
