package probes.memory;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.JCSystem;
import javacard.security.Key;
import javacard.security.KeyBuilder;

/** Takes memory of each kind, and does nothing with it. */
public class Hoard extends Applet {
    private final byte[] lasting = new byte[100];
    private final byte[] untilReset = JCSystem.makeTransientByteArray((short) 30, JCSystem.CLEAR_ON_RESET);
    private final short[] untilDeselect =
            JCSystem.makeTransientShortArray((short) 20, JCSystem.CLEAR_ON_DESELECT);
    private final Key key =
            KeyBuilder.buildKey(KeyBuilder.TYPE_AES_TRANSIENT_RESET, KeyBuilder.LENGTH_AES_128, false);

    public static void install(byte[] parameters, short offset, byte length) {
        new Hoard().register();
    }

    public void process(APDU apdu) {
        lasting[0] = untilReset[0];
        untilDeselect[0] = key.getSize();
    }
}
