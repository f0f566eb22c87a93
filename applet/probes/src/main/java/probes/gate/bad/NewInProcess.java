package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** Makes an array for each command. */
public final class NewInProcess extends Applet {
    private byte[] kept;

    public static void install(byte[] data, short offset, byte length) {
        new NewInProcess().register();
    }

    @Override
    public void process(APDU apdu) {
        kept = new byte[4];
    }
}
