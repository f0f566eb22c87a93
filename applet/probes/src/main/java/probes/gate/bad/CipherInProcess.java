package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacardx.crypto.Cipher;

/** Gets a cipher for each command. */
public final class CipherInProcess extends Applet {
    private Cipher kept;

    public static void install(byte[] data, short offset, byte length) {
        new CipherInProcess().register();
    }

    @Override
    public void process(APDU apdu) {
        kept = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
    }
}
