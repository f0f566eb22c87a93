package unicard.application;

import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.Signature;
import javacardx.crypto.Cipher;

/** AES-128 as role sessions, role keys and receipts use it: blocks, CBC and CMAC. */
final class Aes {
    /** Bytes of a block, a key and a MAC. */
    static final short BLOCK = 16;

    /** Bytes of a check value. */
    static final short CHECK = 3;

    /** Transient bytes for this class. */
    static final short MEMORY = 2 * BLOCK;

    private final byte[] blocks;
    private final Cipher cipher;
    private final Signature cmac;

    Aes(Transient ram) {
        blocks = ram.blocks;
        cipher = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
        cmac = Signature.getInstance(Signature.ALG_AES_CMAC_128, false);
    }

    /**
     * Encrypts or decrypts whole blocks in place in CBC mode (SP 800-38A).
     *
     * @param mode {@code Cipher.MODE_ENCRYPT} or {@code MODE_DECRYPT}
     * @param counter where a block stands whose encryption is the ICV (Amendment D 1.1.2, 6.2.6)
     */
    void cbc(AESKey key, byte mode, byte[] counter, short at, byte[] data, short offset, short length) {
        cipher.init(key, Cipher.MODE_ENCRYPT);
        cipher.doFinal(counter, at, BLOCK, blocks, (short) 0);
        cipher.init(key, mode, blocks, (short) 0, BLOCK);
        cipher.doFinal(data, offset, length, data, offset);
    }

    /** Begins a CMAC (SP 800-38B) with 16 bytes; {@link #mac} ends it. */
    void begin(AESKey key, byte[] first, short offset) {
        cmac.init(key, Signature.MODE_SIGN);
        cmac.update(first, offset, BLOCK);
    }

    /** Writes the 16 bytes of the CMAC whose last part this is. */
    void mac(byte[] last, short offset, short length, byte[] target, short at) {
        cmac.sign(last, offset, length, target, at);
    }

    /** Writes the first bytes, as many as a MAC has, of the CMAC of these. */
    void sign(AESKey key, byte[] data, short at, short length, byte[] target, short targetAt) {
        cmac.init(key, Signature.MODE_SIGN);
        cmac.sign(data, at, length, blocks, (short) 0);
        Util.arrayCopyNonAtomic(blocks, (short) 0, target, targetAt, Layouts.MAC);
    }

    /** Writes a key's check value: the first 3 bytes of an encrypted block of bytes 01. */
    void checkValue(AESKey key, byte[] target, short offset) {
        ones(key);
        Util.arrayCopyNonAtomic(blocks, BLOCK, target, offset, CHECK);
    }

    /** Whether three bytes are a key's check value. */
    boolean isCheckValue(AESKey key, byte[] given, short offset) {
        ones(key);
        return isAlike(blocks, BLOCK, given, offset, CHECK);
    }

    private void ones(AESKey key) {
        Util.arrayFillNonAtomic(blocks, (short) 0, BLOCK, (byte) 1);
        cipher.init(key, Cipher.MODE_ENCRYPT);
        cipher.doFinal(blocks, (short) 0, BLOCK, blocks, BLOCK);
    }

    /** Whether bytes are alike; takes as long where they are not. */
    static boolean isAlike(byte[] one, short at, byte[] other, short from, short length) {
        byte difference = 0;
        for (short i = 0; i < length; i++) {
            difference |= (byte) (one[(short) (at + i)] ^ other[(short) (from + i)]);
        }
        return difference == 0;
    }
}
