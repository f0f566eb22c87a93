package probes.environment;

import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.AppletEvent;
import javacard.framework.JCSystem;
import javacard.framework.Shareable;
import javacard.framework.SystemException;

/** Shares an object, and notes whom it was asked by and what it may do then. */
public final class Server extends Applet implements AppletEvent, Service {
    private static byte uninstalled;

    private final byte[] notes = new byte[4];

    private Server() {
        register();
    }

    public static void install(byte[] data, short offset, byte length) {
        new Server();
    }

    @Override
    public Shareable getShareableInterfaceObject(AID client, byte parameter) {
        notes[0] = (byte) (client.equals(JCSystem.getPreviousContextAID()) ? 1 : 2);
        notes[1] = (byte) (JCSystem.getAID().equals(client) ? 1 : 2);
        return parameter == 7 ? this : null;
    }

    @Override
    public byte next(byte number) {
        return (byte) (number + 1);
    }

    @Override
    public void uninstall() {
        try {
            JCSystem.makeTransientByteArray((short) 1, JCSystem.CLEAR_ON_DESELECT);
            uninstalled = 1;
        } catch (SystemException refused) {
            uninstalled = (byte) (0x10 + refused.getReason());
        }
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        buffer[0] = notes[0];
        buffer[1] = notes[1];
        buffer[2] = (byte) (JCSystem.getPreviousContextAID() == null ? 1 : 2);
        buffer[3] = uninstalled;
        apdu.setOutgoingAndSend((short) 0, (short) 4);
    }
}
