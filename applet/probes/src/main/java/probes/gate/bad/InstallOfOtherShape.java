package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISOException;

/** An install that the runtime environment does not find. */
public final class InstallOfOtherShape extends Applet {
    public static void install(byte[] data, short offset, short length) {
        ISOException.throwIt(length);
    }

    @Override
    public void process(APDU apdu) {
        selectingApplet();
    }
}
