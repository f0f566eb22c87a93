package unicard.manager.content;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import unicard.card.AppletModule;

/**
 * An application whose program the card does not have: it can be installed, selected and deleted, and
 * knows no instruction (requirement INS-07).
 */
public final class InertApplet extends Applet {
    private static final byte FCI_TEMPLATE = 0x6F;
    private static final byte AID = (byte) 0x84;
    /** Bits of the classes 00, 04, 80 and 84. */
    private static final byte CLASSES = (byte) 0x84;
    private static final byte CHAINED = 0x10;
    /** Classes that ISO/IEC 7816-4, 5.4.1 leaves open: 20 to 3F and A0 to BF. */
    private static final byte UNASSIGNED = 0x60;
    private static final byte UNASSIGNED_VALUE = 0x20;

    private InertApplet() {}

    /** Whether a module makes such applications. */
    static boolean isOf(AppletModule module) {
        return module.className().equals(InertApplet.class.getName());
    }

    /** See {@link Applet#install}: length and value of the AID stand first. */
    public static void install(byte[] data, short offset, byte length) {
        new InertApplet().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (!selectingApplet()) {
            ISOException.throwIt(refusal(buffer[ISO7816.OFFSET_CLA], buffer[ISO7816.OFFSET_INS]));
        }
        byte length = JCSystem.getAID().getBytes(buffer, (short) 4);
        buffer[0] = FCI_TEMPLATE;
        buffer[1] = (byte) (length + 2);
        buffer[2] = AID;
        buffer[3] = length;
        apdu.setOutgoingAndSend((short) 0, (short) (length + 4));
    }

    private static short refusal(byte cla, byte ins) {
        if (cla == 0 && ins == ISO7816.INS_SELECT) {
            return ISO7816.SW_INCORRECT_P1P2; // SELECT belongs to the card, which selects by name only
        }
        if ((cla & ~CLASSES) == 0) {
            return ISO7816.SW_INS_NOT_SUPPORTED;
        }
        boolean chained = (cla & UNASSIGNED) != UNASSIGNED_VALUE && (cla & CHAINED) != 0;
        return chained ? ISO7816.SW_COMMAND_CHAINING_NOT_SUPPORTED : ISO7816.SW_CLA_NOT_SUPPORTED;
    }
}
