package probes.globalplatform;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import org.globalplatform.GPSystem;

/** Answers what its install was given (INS 10), and what the card said of it meanwhile (INS 12). */
public final class Parameters extends Applet {
    private static final byte GIVEN = 0x10;
    private static final byte MEANWHILE = 0x12;

    private final byte[] given;
    private final byte[] meanwhile = new byte[4];

    private Parameters(byte[] data, short offset, byte length) {
        given = new byte[length];
        Util.arrayCopyNonAtomic(data, offset, given, (short) 0, length);
        meanwhile[0] = GPSystem.getCardContentState();
        meanwhile[1] = (byte) (GPSystem.setCardContentState((byte) 0x0F) ? 1 : 0);
        meanwhile[2] = (byte) (GPSystem.getRegistryEntry(null) == null ? 0 : 1);
        meanwhile[3] = GPSystem.getCardState();
    }

    public static void install(byte[] data, short offset, byte length) {
        new Parameters(data, offset, length).register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (selectingApplet()) {
            return;
        }
        byte[] answer = null;
        switch (buffer[ISO7816.OFFSET_INS]) {
            case GIVEN:
                answer = given;
                break;
            case MEANWHILE:
                answer = meanwhile;
                break;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
        Util.arrayCopyNonAtomic(answer, (short) 0, buffer, (short) 0, (short) answer.length);
        apdu.setOutgoingAndSend((short) 0, (short) answer.length);
    }
}
