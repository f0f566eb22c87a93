package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** An applet that forgot its install method. */
public final class NoInstall extends Applet {
    @Override
    public void process(APDU apdu) {}
}
