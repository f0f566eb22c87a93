package unicard.application;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** Installs the applet, not itself, on a card whose security domain is {@link OtherDomain}. */
public final class OtherDomainProbe extends Applet {
    private OtherDomainProbe() {}

    /** As the platform calls it. */
    public static void install(byte[] data, short offset, byte length) {
        OtherDomain.bound();
        UnicardApplet.install(data, offset, length);
    }

    @Override
    public void process(APDU apdu) {
        throw new UnsupportedOperationException("it is never made");
    }
}
