package unicard.manager.content;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;

/**
 * An application whose program the card does not have: it can be installed, selected and deleted, and
 * knows no instruction (requirement INS-07).
 */
public final class InertApplet extends Applet {
    private static final byte FCI_TEMPLATE = 0x6F;
    private static final byte AID = (byte) 0x84;

    private InertApplet() {}

    /** See {@link Applet#install}: length and value of the AID stand first. */
    public static void install(byte[] data, short offset, byte length) {
        new InertApplet().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (selectingApplet()) {
            byte length = JCSystem.getAID().getBytes(buffer, (short) 4);
            buffer[0] = FCI_TEMPLATE;
            buffer[1] = (byte) (length + 2);
            buffer[2] = AID;
            buffer[3] = length;
            apdu.setOutgoingAndSend((short) 0, (short) (length + 4));
        } else if (buffer[ISO7816.OFFSET_CLA] == 0 && buffer[ISO7816.OFFSET_INS] == ISO7816.INS_SELECT) {
            // SELECT belongs to the card, which selects by name only.
            ISOException.throwIt(ISO7816.SW_INCORRECT_P1P2);
        } else {
            ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }
}
