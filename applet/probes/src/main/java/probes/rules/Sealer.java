package probes.rules;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.CryptoException;
import javacard.security.ECPublicKey;
import javacard.security.KeyBuilder;
import javacard.security.KeyPair;
import javacard.security.MessageDigest;
import javacard.security.RandomData;
import javacard.security.Signature;
import javacardx.crypto.Cipher;

/**
 * Uses ciphers, digests and signatures over several commands, counts them in a transaction, and draws
 * numbers and key pairs.
 */
public final class Sealer extends Applet {
    private static final short BLOCK = 16;

    private final AESKey sessionKey;
    private final AESKey key;
    private final Cipher cipher;
    private final Signature signature;
    private final MessageDigest digest;
    private final byte[] zeros;
    private final byte[] block;
    private final RandomData[] generators = new RandomData[2];
    private final KeyPair[] pairs = new KeyPair[2];
    private final byte[] point = new byte[65];
    private short count;

    @SuppressWarnings("deprecation") // the random generator that every card has
    private Sealer() {
        for (short i = 0; i < 2; i++) {
            generators[i] = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);
            pairs[i] = new KeyPair(KeyPair.ALG_EC_FP, KeyBuilder.LENGTH_EC_FP_256);
        }
        sessionKey = aes(KeyBuilder.TYPE_AES_TRANSIENT_DESELECT);
        key = aes(KeyBuilder.TYPE_AES);
        cipher = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
        signature = Signature.getInstance(Signature.ALG_AES_MAC_128_NOPAD, false);
        digest = MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);
        zeros = new byte[BLOCK];
        block = JCSystem.makeTransientByteArray((short) (2 * BLOCK), JCSystem.CLEAR_ON_RESET);
        key.setKey(zeros, (short) 0);
    }

    private static AESKey aes(byte type) {
        return (AESKey) KeyBuilder.buildKey(type, KeyBuilder.LENGTH_AES_128, false);
    }

    public static void install(byte[] data, short offset, byte length) {
        new Sealer().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        short length = 0;
        try {
            length = run(buffer);
        } catch (CryptoException e) {
            ISOException.throwIt((short) (0x6F80 | e.getReason()));
        }
        Util.arrayCopyNonAtomic(block, (short) 0, buffer, (short) 0, length);
        apdu.setOutgoingAndSend((short) 0, length);
    }

    @SuppressWarnings("deprecation") // the method that every card has
    private short run(byte[] buffer) {
        AESKey wanted = buffer[ISO7816.OFFSET_P1] == 0 ? key : sessionKey;
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x01: // a session key
                sessionKey.setKey(zeros, (short) 0);
                return 0;
            case 0x02:
                cipher.init(wanted, Cipher.MODE_ENCRYPT);
                return 0;
            case 0x03: // one block on its way
                return cipher.update(zeros, (short) 0, BLOCK, block, (short) 0);
            case 0x04: // the last block
                return cipher.doFinal(zeros, (short) 0, BLOCK, block, (short) 0);
            case 0x05:
                digest.update(zeros, (short) 0, (short) 1);
                return 0;
            case 0x06:
                return digest.doFinal(zeros, (short) 0, (short) 1, block, (short) 0);
            case 0x07:
                signature.init(wanted, Signature.MODE_SIGN);
                return 0;
            case 0x08:
                signature.update(zeros, (short) 0, BLOCK);
                return 0;
            case 0x09:
                return signature.sign(zeros, (short) 0, BLOCK, block, (short) 0);
            case 0x0A: // counts in a transaction
                JCSystem.beginTransaction();
                count++;
                JCSystem.commitTransaction();
                Util.setShort(block, (short) 0, count);
                return 2;
            case 0x0B: // the next number of a generator
                generators[buffer[ISO7816.OFFSET_P1]].generateData(block, (short) 0, BLOCK);
                return BLOCK;
            case 0x0C: // a new key pair; part of its public point
                KeyPair pair = pairs[buffer[ISO7816.OFFSET_P1]];
                pair.genKeyPair();
                ((ECPublicKey) pair.getPublic()).getW(point, (short) 0);
                Util.arrayCopyNonAtomic(point, (short) 1, block, (short) 0, BLOCK);
                return BLOCK;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
                return 0;
        }
    }
}
