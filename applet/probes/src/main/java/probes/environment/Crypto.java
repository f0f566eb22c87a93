package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.JCSystem;
import javacard.framework.ISO7816;
import javacard.security.AESKey;
import javacard.security.ECPrivateKey;
import javacard.security.ECPublicKey;
import javacard.security.KeyAgreement;
import javacard.security.KeyBuilder;
import javacard.security.KeyPair;
import javacard.security.RandomData;
import javacard.security.Signature;
import javacardx.crypto.Cipher;

/** Uses every kind of cryptography that a card in daily use needs, once a command. */
@SuppressWarnings("deprecation") // the random generator that every card has
public final class Crypto extends Applet {
    private static final byte[] TEXT = {
        (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF,
        (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF,
        (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF};

    private final AESKey key = (AESKey) KeyBuilder.buildKey(
            KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
    private final Cipher cipher = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
    private final Signature mac = Signature.getInstance(Signature.ALG_AES_CMAC_128, false);
    private final RandomData random = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);
    private final KeyPair pair = new KeyPair(KeyPair.ALG_EC_FP, KeyBuilder.LENGTH_EC_FP_256);
    private final KeyAgreement agreement = KeyAgreement.getInstance(KeyAgreement.ALG_EC_SVDP_DH_PLAIN, false);
    private final byte[] point = new byte[65];
    private final byte[] room = JCSystem.makeTransientByteArray((short) 256, JCSystem.CLEAR_ON_DESELECT);
    private short pointLength;

    private Crypto() {
        register();
    }

    public static void install(byte[] data, short offset, byte length) {
        Crypto made = new Crypto();
        made.key.setKey(TEXT, (short) 0);
        made.pair.genKeyPair();
        made.pointLength = ((ECPublicKey) made.pair.getPublic()).getW(made.point, (short) 0);
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        byte ins = buffer[ISO7816.OFFSET_INS];
        if (ins == 0x00) {
            return;
        }
        short length = 0;
        mac.init(key, Signature.MODE_SIGN);
        length = mac.sign(TEXT, (short) 0, (short) 32, buffer, (short) 0);
        if (ins == 0x02) {
            cipher.init(key, Cipher.MODE_ENCRYPT);
            cipher.doFinal(TEXT, (short) 0, (short) 32, room, (short) 0);
            random.generateData(room, (short) 32, (short) 16);
            agreement.init((ECPrivateKey) pair.getPrivate());
            agreement.generateSecret(point, (short) 0, pointLength, room, (short) 48);
        }
        apdu.setOutgoingAndSend((short) 0, length);
    }
}
