package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** Makes an array at each selection. */
public final class NewInSelect extends Applet {
    private byte[] kept;

    @Override
    public boolean select() {
        kept = new byte[1];
        return true;
    }

    public static void install(byte[] data, short offset, byte length) {
        new NewInSelect().register();
    }

    @Override
    public void process(APDU apdu) {
        kept[0] = 1;
    }
}
