package unicard.application;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;

/** Nothing but a {@link Pin}; of STORE DATA, DELETE and GET DATA just what a test needs. */
public final class PinProbe extends Applet {
    private final Persistent lasting = new Persistent();
    private final Transient ram = new Transient();
    private final Pin pin = new Pin(lasting, ram);

    /** Makes the probe. */
    public static void install(byte[] data, short offset, byte length) {
        new PinProbe().register();
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            ram.state[Transient.VERIFIED] = 0;
            return;
        }
        byte[] buffer = apdu.getBuffer();
        short length = apdu.setIncomingAndReceive();
        switch (buffer[1]) {
            case Contract.INS_VERIFY -> pin.verify(buffer, length);
            case Contract.INS_CHANGE_REFERENCE_DATA -> pin.change(buffer, length);
            case Contract.INS_RESET_RETRY_COUNTER -> pin.reset(buffer, length);
            case (byte) 0xE2 -> {
                JCSystem.beginTransaction();
                pin.storeTransport(buffer, (short) 5);
                JCSystem.commitTransaction();
            }
            case (byte) 0xE4 -> pin.erase();
            case (byte) 0xCA -> {
                buffer[0] = pin.tries();
                buffer[1] = (byte) ((pin.isStored() ? 1 : 0) | (lasting.pinIsTransport ? 2 : 0));
                buffer[2] = ram.state[Transient.VERIFIED];
                apdu.setOutgoingAndSend((short) 0, (short) 3);
            }
            default -> ISOException.throwIt(Contract.SW_INSTRUCTION_NOT_SUPPORTED);
        }
    }
}
