package probes.environment;

import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;

/** Asks the applet that the data names for its shared object, with P1 as the parameter. */
public final class Client extends Applet {
    private Client() {
        register();
    }

    public static void install(byte[] data, short offset, byte length) {
        new Client();
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        byte length = (byte) apdu.setIncomingAndReceive();
        AID server = JCSystem.lookupAID(buffer, ISO7816.OFFSET_CDATA, length);
        if (server == null) {
            ISOException.throwIt((short) 0x6A88);
        }
        Service service = (Service) JCSystem.getAppletShareableInterfaceObject(
                server, buffer[ISO7816.OFFSET_P1]);
        if (service == null) {
            ISOException.throwIt((short) 0x6985);
        }
        buffer[0] = service.next(buffer[ISO7816.OFFSET_P1]);
        buffer[1] = (byte) (JCSystem.isAppletActive(JCSystem.getAID()) ? 1 : 0);
        buffer[2] = (byte) (JCSystem.isAppletActive(server) ? 1 : 0);
        buffer[3] = JCSystem.getAssignedChannel();
        apdu.setOutgoingAndSend((short) 0, (short) 4);
    }
}
