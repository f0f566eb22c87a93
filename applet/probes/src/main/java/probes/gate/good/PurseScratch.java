package probes.gate.good;

import javacard.framework.JCSystem;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacardx.crypto.Cipher;

/** All that the purse needs for a moment. */
final class PurseScratch {
    private static final short BLOCK = 16;
    private final byte[] block;
    private final boolean[] flags;
    private final Cipher cipher;

    PurseScratch() {
        block = JCSystem.makeTransientByteArray(BLOCK, JCSystem.CLEAR_ON_DESELECT);
        flags = JCSystem.makeTransientBooleanArray((short) 2, JCSystem.CLEAR_ON_RESET);
        cipher = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
    }

    void clear() {
        Util.arrayFillNonAtomic(block, (short) 0, BLOCK, (byte) 0);
        flags[0] = false;
        flags[1] = !flags[0];
    }

    short seal(PurseState state, byte[] out) {
        AESKey key = state.key;
        Util.setShort(block, (short) 0, state.balance());
        cipher.init(key, Cipher.MODE_ENCRYPT);
        return cipher.doFinal(block, (short) 0, BLOCK, out, (short) 0);
    }
}
