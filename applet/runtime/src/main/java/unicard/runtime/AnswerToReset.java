package unicard.runtime;

import java.util.Arrays;
import unicard.card.Wiring;

/** The answer to reset that a terminal sees. */
final class AnswerToReset {
    private AnswerToReset() {}

    /**
     * Over T=1, the card's own. Over T=0, one with the same historical bytes and no more (ISO/IEC
     * 7816-3:2006, 8.2). Without contacts, what a reader makes up of them (PC/SC part 3, 3.1.3.2.3).
     *
     * @param own ATR of the card over T=1
     */
    static byte[] over(Wiring wiring, byte[] own) {
        byte[] historical = historical(own);
        byte count = (byte) historical.length;
        return switch (wiring) {
            case CONTACT_T1 -> own.clone();
            case CONTACT_T0 -> join(new byte[] {0x3B, count}, historical);
            case CONTACTLESS -> checked(
                    join(new byte[] {0x3B, (byte) (0x80 | count), (byte) 0x80, 1}, historical));
        };
    }

    /** The last bytes but the check byte, as many as the format byte says. */
    private static byte[] historical(byte[] atr) {
        int count = atr[1] & 0x0F;
        return Arrays.copyOfRange(atr, atr.length - 1 - count, atr.length - 1);
    }

    private static byte[] checked(byte[] atr) {
        byte check = 0;
        for (int i = 1; i < atr.length; i++) {
            check ^= atr[i];
        }
        return join(atr, new byte[] {check});
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }
}
