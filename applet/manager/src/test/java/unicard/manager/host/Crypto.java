package unicard.manager.host;

import static unicard.manager.host.Hex.bytes;
import static unicard.manager.host.Hex.join;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES in CBC mode, CMAC and the derivation of SCP03, by the formulas of their standards. */
public final class Crypto {
    private static final int BLOCK = 16;

    private Crypto() {}

    public static byte[] cbc(int mode, byte[] key, byte[] iv, byte[] data) {
        try {
            Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
            return cipher.doFinal(data);
        } catch (GeneralSecurityException failure) {
            throw new IllegalStateException(failure);
        }
    }

    public static byte[] encrypt(byte[] key, byte[] data) {
        return cbc(Cipher.ENCRYPT_MODE, key, new byte[BLOCK], data);
    }

    /** SP 800-38B, with subkeys as multiples in GF(2^128). */
    public static byte[] cmac(byte[] key, byte[] message) {
        byte[] first = doubled(encrypt(key, new byte[BLOCK]));
        boolean whole = message.length > 0 && message.length % BLOCK == 0;
        byte[] padded = whole ? message.clone() : pad(message);
        byte[] subkey = whole ? first : doubled(first);
        for (int i = 0; i < BLOCK; i++) {
            padded[padded.length - BLOCK + i] ^= subkey[i];
        }
        byte[] all = encrypt(key, padded);
        return Arrays.copyOfRange(all, all.length - BLOCK, all.length);
    }

    private static byte[] doubled(byte[] block) {
        BigInteger value = new BigInteger(1, block).shiftLeft(1);
        if (value.testBit(8 * BLOCK)) {
            value = value.clearBit(8 * BLOCK).xor(BigInteger.valueOf(0x87));
        }
        return number(value, BLOCK);
    }

    public static byte[] number(BigInteger value, int length) {
        byte[] out = new byte[length];
        for (int i = 0; i < length; i++) {
            out[length - 1 - i] = value.shiftRight(8 * i).byteValue();
        }
        return out;
    }

    public static byte[] pad(byte[] data) {
        byte[] padded = Arrays.copyOf(data, data.length + BLOCK - data.length % BLOCK);
        padded[data.length] = (byte) 0x80;
        return padded;
    }

    /** Amendment D, 4.1.5: label of 12 bytes, 00, length in bits, counter, context. */
    public static byte[] derive(byte[] key, int constant, int length, byte[] context) {
        byte[] out = {};
        for (int count = 1; out.length < length; count++) {
            int bits = 8 * length;
            byte[] head = join(new byte[11], bytes(constant, 0, bits >> 8, bits, count));
            out = join(out, cmac(key, join(head, context)));
        }
        return Arrays.copyOf(out, length);
    }

    public static byte[] checkValue(byte[] key) {
        byte[] ones = new byte[BLOCK];
        Arrays.fill(ones, (byte) 1);
        return Arrays.copyOf(encrypt(key, ones), 3);
    }
}
