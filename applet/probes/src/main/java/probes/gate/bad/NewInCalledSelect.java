package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** Its constructor calls select, but so does the card. */
public final class NewInCalledSelect extends Applet {
    private byte[] kept;

    private NewInCalledSelect() {
        select();
    }

    @Override
    public boolean select() {
        kept = new byte[1];
        return true;
    }

    public static void install(byte[] data, short offset, byte length) {
        new NewInCalledSelect().register();
    }

    @Override
    public void process(APDU apdu) {
        kept[0] = 1;
    }
}
