package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;

/** Makes objects while it works, and drops them. */
public final class Garbage extends Applet {
    /** An object that holds the one before it. */
    private static final class Link {
        private final byte[] content = new byte[100];
        private final Link before;

        Link(Link before) {
            this.before = before;
        }
    }

    private Link last;

    private Garbage() {
        register();
    }

    public static void install(byte[] data, short offset, byte length) {
        new Garbage();
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x00: // one in place of all
                last = new Link(null);
                return;
            case 0x01:
                JCSystem.requestObjectDeletion();
                return;
            case 0x02:
                buffer[0] = (byte) (JCSystem.isObjectDeletionSupported() ? 1 : 0);
                apdu.setOutgoingAndSend((short) 0, (short) 1);
                return;
            case 0x03: // one more
                last = new Link(last);
                return;
            case 0x04: // none
                last = null;
                JCSystem.requestObjectDeletion();
                return;
            case 0x05: // how many
                short count = 0;
                for (Link each = last; each != null; each = each.before) {
                    count += each.content.length == 100 ? 1 : 0;
                }
                buffer[0] = (byte) count;
                apdu.setOutgoingAndSend((short) 0, (short) 1);
                return;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }
}
