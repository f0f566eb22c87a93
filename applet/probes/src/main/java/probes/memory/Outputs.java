package probes.memory;

import javacard.framework.AID;
import javacard.framework.JCSystem;
import javacard.security.AESKey;
import javacard.security.InitializedMessageDigest;
import javacard.security.KeyBuilder;
import javacard.security.MessageDigest;
import javacard.security.RandomData;
import javacard.security.Signature;
import javacardx.crypto.Cipher;

/** Has the platform write into a persistent array. */
@SuppressWarnings("deprecation") // generateData is what older applets call
public class Outputs {
    public final byte[] out = new byte[40];
    private final AESKey key =
            (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
    private final Cipher cipher = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_ECB_NOPAD, false);
    private final MessageDigest digest = MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);
    private final InitializedMessageDigest another =
            MessageDigest.getInitializedMessageDigestInstance(MessageDigest.ALG_SHA_256, false);
    private final Signature mac = Signature.getInstance(Signature.ALG_AES_MAC_128_NOPAD, false);
    private final RandomData random = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);
    private final AID aid = new AID(new byte[] {1, 2, 3, 4, 5, 6}, (short) 0, (byte) 6);

    public Outputs() {
        key.setKey(out, (short) 0);
    }

    /** Where the input is the output, too. */
    public short encryptInPlace() {
        cipher.init(key, Cipher.MODE_ENCRYPT);
        return cipher.doFinal(out, (short) 0, (short) 16, out, (short) 0);
    }

    public short encrypt(byte[] in, byte[] to) {
        cipher.init(key, Cipher.MODE_ENCRYPT);
        return cipher.doFinal(in, (short) 0, (short) 16, to, (short) 0);
    }

    public short hash() {
        return digest.doFinal(out, (short) 0, (short) 4, out, (short) 4);
    }

    public short hashByAnotherClass() {
        return another.doFinal(out, (short) 0, (short) 4, out, (short) 4);
    }

    public short sign() {
        mac.init(key, Signature.MODE_SIGN);
        return mac.sign(out, (short) 0, (short) 16, out, (short) 20);
    }

    public void random() {
        random.generateData(out, (short) 2, (short) 9);
    }

    public byte key() {
        return key.getKey(out, (short) 3);
    }

    public byte aid() {
        return aid.getBytes(out, (short) 1);
    }

    public byte partOfAid() {
        return aid.getPartialBytes((short) 2, out, (short) 1, (byte) 3);
    }

    public void hashAndAbort() {
        JCSystem.beginTransaction();
        hash();
        JCSystem.abortTransaction();
    }
}
