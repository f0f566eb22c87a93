package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.security.Key;
import javacard.security.KeyBuilder;

/** Builds a key for each command. */
public final class KeyInProcess extends Applet {
    private Key kept;

    public static void install(byte[] data, short offset, byte length) {
        new KeyInProcess().register();
    }

    @Override
    public void process(APDU apdu) {
        kept = KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
    }
}
