package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** Counts its commands in a static, in a field, and in both inside transactions. */
public final class Tally extends Applet {
    private static short ofAll;

    private short own;
    private final short[] pair = new short[2];

    private Tally() {
        register();
    }

    public static void install(byte[] data, short offset, byte length) {
        new Tally();
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        JCSystem.beginTransaction();
        pair[0]++;
        ofAll++;
        own++;
        pair[1]++;
        if (buffer[ISO7816.OFFSET_P1] == 0) {
            JCSystem.commitTransaction();
        } else {
            JCSystem.abortTransaction();
        }
        Util.setShort(buffer, (short) 0, ofAll);
        Util.setShort(buffer, (short) 2, own);
        Util.setShort(buffer, (short) 4, pair[0]);
        Util.setShort(buffer, (short) 6, pair[1]);
        apdu.setOutgoingAndSend((short) 0, (short) 8);
    }
}
