package unicard.manager;

import com.licel.jcardsim.bouncycastle.crypto.BlockCipher;
import com.licel.jcardsim.bouncycastle.crypto.engines.AESEngine;
import com.licel.jcardsim.bouncycastle.crypto.macs.CMac;
import com.licel.jcardsim.bouncycastle.crypto.params.KeyParameter;
import java.util.Arrays;

/** AES (FIPS 197) with one key of 16, 24 or 32 bytes: single blocks, CBC, CMAC. */
final class Aes {
    /** Bytes of a block, and of a CMAC. */
    static final int BLOCK = 16;

    private final KeyParameter key;

    Aes(byte[] key) {
        this.key = new KeyParameter(key);
    }

    private BlockCipher cipher(boolean encrypts) {
        BlockCipher cipher = new AESEngine();
        cipher.init(encrypts, key);
        return cipher;
    }

    /** Encrypts one block. */
    byte[] block(byte[] plain) {
        return cbcEncrypt(new byte[BLOCK], plain);
    }

    /** Encrypts whole blocks in CBC mode (SP 800-38A). */
    byte[] cbcEncrypt(byte[] iv, byte[] plain) {
        BlockCipher cipher = cipher(true);
        byte[] out = new byte[plain.length];
        byte[] last = iv.clone();
        for (int at = 0; at < plain.length; at += BLOCK) {
            for (int i = 0; i < BLOCK; i++) {
                last[i] ^= plain[at + i];
            }
            cipher.processBlock(last, 0, out, at);
            System.arraycopy(out, at, last, 0, BLOCK);
        }
        return out;
    }

    /** Decrypts whole blocks in CBC mode. */
    byte[] cbcDecrypt(byte[] iv, byte[] encrypted) {
        BlockCipher cipher = cipher(false);
        byte[] out = new byte[encrypted.length];
        for (int at = 0; at < encrypted.length; at += BLOCK) {
            cipher.processBlock(encrypted, at, out, at);
            for (int i = 0; i < BLOCK; i++) {
                out[at + i] ^= at == 0 ? iv[i] : encrypted[at - BLOCK + i];
            }
        }
        return out;
    }

    /** CMAC (SP 800-38B) over the parts as one message: 16 bytes. */
    byte[] cmac(byte[]... parts) {
        CMac mac = new CMac(new AESEngine());
        mac.init(key);
        for (byte[] part : parts) {
            mac.update(part, 0, part.length);
        }
        byte[] out = new byte[BLOCK];
        mac.doFinal(out, 0);
        return out;
    }

    /** First 3 bytes of the encrypted block of bytes 01 (Amendment D, 7.2). */
    byte[] checkValue() {
        byte[] ones = new byte[BLOCK];
        Arrays.fill(ones, (byte) 0x01);
        return Arrays.copyOf(block(ones), 3);
    }

    /**
     * Derives bytes as Amendment D, 4.1.5 lays it out.
     *
     * @param constant what is derived (table 4-1)
     * @param length bytes, at most 32
     */
    byte[] derive(int constant, int length, byte[] context) {
        int bits = length * 8;
        return counterMode(Bytes.join(new byte[11], Bytes.of(constant, 0, bits >> 8, bits)), context, length);
    }

    /** SP 800-108 in counter mode with CMAC, its counter one byte between the fixed parts. */
    byte[] counterMode(byte[] before, byte[] after, int length) {
        byte[] out = new byte[length];
        for (int at = 0; at < length; at += BLOCK) {
            byte[] count = Bytes.of(at / BLOCK + 1);
            System.arraycopy(cmac(before, count, after), 0, out, at, Math.min(BLOCK, length - at));
        }
        return out;
    }

    /** Padding method 2 of ISO/IEC 9797-1 to whole blocks. */
    static byte[] pad(byte[] data) {
        byte[] padded = Arrays.copyOf(data, (data.length / BLOCK + 1) * BLOCK);
        padded[data.length] = (byte) 0x80;
        return padded;
    }

    /** Takes the padding off; null where there is none. */
    static byte[] unpad(byte[] padded) {
        int end = padded.length - 1;
        while (end >= 0 && padded[end] == 0) {
            end--;
        }
        return end >= 0 && padded[end] == (byte) 0x80 ? Arrays.copyOf(padded, end) : null;
    }
}
