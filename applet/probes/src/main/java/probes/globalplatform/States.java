package probes.globalplatform;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import org.globalplatform.GPSystem;

/**
 * Moves its own life cycle to P1 and answers whether it was changed, and its state then: by GPSystem
 * (INS 20), by its registry entry (INS 22), in a transaction that it aborts (INS 24). Answers its state
 * and the card's (INS 26), and what it gets of services that need privileges (INS 28).
 */
public final class States extends Applet {
    private static final byte SYSTEM = 0x20;
    private static final byte ENTRY = 0x22;
    private static final byte ABORTED = 0x24;
    private static final byte BOTH = 0x26;
    private static final byte PRIVILEGED = 0x28;

    private States() {}

    public static void install(byte[] data, short offset, byte length) {
        new States().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        byte state = buffer[ISO7816.OFFSET_P1];
        if (selectingApplet()) {
            return;
        }
        switch (buffer[ISO7816.OFFSET_INS]) {
            case SYSTEM:
                buffer[0] = number(GPSystem.setCardContentState(state));
                break;
            case ENTRY:
                buffer[0] = number(GPSystem.getRegistryEntry(null).setState(state));
                break;
            case ABORTED:
                JCSystem.beginTransaction();
                buffer[0] = number(GPSystem.setCardContentState(state));
                JCSystem.abortTransaction();
                break;
            case BOTH:
                buffer[0] = GPSystem.getCardState();
                break;
            case PRIVILEGED:
                buffer[0] = (byte) (number(GPSystem.lockCard())
                        | number(GPSystem.terminateCard()) << 1
                        | number(GPSystem.setATRHistBytes(buffer, (short) 0, (byte) 2)) << 2
                        | number(GPSystem.getCVM(GPSystem.CVM_GLOBAL_PIN) != null) << 3
                        | number(GPSystem.getService(null, (short) 0x8211) != null) << 4);
                break;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
        buffer[1] = GPSystem.getCardContentState();
        apdu.setOutgoingAndSend((short) 0, (short) 2);
    }

    private static byte number(boolean flag) {
        return (byte) (flag ? 1 : 0);
    }
}
