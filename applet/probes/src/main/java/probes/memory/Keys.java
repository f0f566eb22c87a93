package probes.memory;

import javacard.framework.JCSystem;
import javacard.security.AESKey;
import javacard.security.ECPrivateKey;
import javacard.security.ECPublicKey;
import javacard.security.KeyBuilder;
import javacard.security.KeyPair;
import javacard.security.RSAPublicKey;

/** Keys in each kind of memory. */
public class Keys {
    public final AESKey aes = aes(KeyBuilder.TYPE_AES);
    public final AESKey untilReset = aes(KeyBuilder.TYPE_AES_TRANSIENT_RESET);
    public final AESKey untilDeselect = aes(KeyBuilder.TYPE_AES_TRANSIENT_DESELECT);
    public KeyPair pair;
    public ECPublicKey publicKey;
    public RSAPublicKey rsa;

    private static AESKey aes(byte type) {
        return (AESKey) KeyBuilder.buildKey(type, KeyBuilder.LENGTH_AES_128, false);
    }

    public void set(byte[] value) {
        aes.setKey(value, (short) 0);
    }

    public void setAndAbort(byte[] value) {
        JCSystem.beginTransaction();
        set(value);
        JCSystem.abortTransaction();
    }

    public void makePair() {
        pair = new KeyPair(KeyPair.ALG_EC_FP, KeyBuilder.LENGTH_EC_FP_256);
    }

    public void generate() {
        pair.genKeyPair();
    }

    public ECPublicKey w() {
        return (ECPublicKey) pair.getPublic();
    }

    public ECPrivateKey s() {
        return (ECPrivateKey) pair.getPrivate();
    }

    public void makeRsa() {
        rsa = (RSAPublicKey)
                KeyBuilder.buildKey(KeyBuilder.TYPE_RSA_PUBLIC, KeyBuilder.LENGTH_RSA_512, false);
    }

    public void setCofactor(short k) {
        w().setK(k);
    }
}
