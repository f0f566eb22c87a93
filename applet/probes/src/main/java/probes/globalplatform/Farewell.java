package probes.globalplatform;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.AppletEvent;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import org.globalplatform.GPSystem;

/**
 * Counts its instances that were told of their deletion, for those that are left (INS 50). The last
 * byte of the install parameters says what uninstall does then: 01 throws, 02 leaves a transaction open,
 * 03 counts another one where it knows its AID and its registry entry.
 */
public final class Farewell extends Applet implements AppletEvent {
    private static final byte COUNT = 0x50;

    private static byte gone;

    private final byte[] ballast = new byte[1000];
    private final byte manner;

    private Farewell(byte given) {
        manner = given;
        ballast[0] = given;
    }

    public static void install(byte[] data, short offset, byte length) {
        new Farewell(data[(short) (offset + length - 1)]).register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void uninstall() {
        gone++;
        if (manner == 1) {
            ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
        } else if (manner == 2) {
            JCSystem.beginTransaction();
            gone = 0x7F;
        } else if (manner == 3 && GPSystem.getRegistryEntry(JCSystem.getAID()).getAID() != null) {
            gone++;
        }
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        if (buffer[ISO7816.OFFSET_INS] != COUNT) {
            ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
        buffer[0] = gone;
        apdu.setOutgoingAndSend((short) 0, (short) 1);
    }
}
