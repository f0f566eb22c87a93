package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** An applet whose static initialiser throws. */
public final class BrokenStatics extends Applet {
    private static final byte[] NOTHING = null;
    private static final short LENGTH = (short) NOTHING.length;

    public static void install(byte[] data, short offset, byte length) {
        new BrokenStatics().register();
    }

    @Override
    public void process(APDU apdu) {
        apdu.setOutgoingAndSend((short) 0, LENGTH);
    }
}
