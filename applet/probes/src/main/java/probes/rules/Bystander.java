package probes.rules;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** Another applet to select; looks at what the one before left in the buffer. */
public final class Bystander extends Applet {
    private Bystander() {
    }

    public static void install(byte[] data, short offset, byte length) {
        new Bystander().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void process(APDU apdu) {
        if (!selectingApplet()) {
            apdu.setOutgoing();
            apdu.setOutgoingLength((short) 1);
            apdu.sendBytes((short) 200, (short) 1);
        }
    }
}
