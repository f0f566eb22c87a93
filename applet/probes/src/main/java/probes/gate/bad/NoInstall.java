package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** No install. */
public final class NoInstall extends Applet {
    @Override
    public void process(APDU apdu) {
        selectingApplet();
    }
}
