package probes.link;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/** Counts in persistent memory, throws what no applet should, or comes to no end. */
public final class Trouble extends Applet {
    private short count;

    private Trouble(byte[] data, short offset) {
        register(data, (short) (offset + 1), data[offset]);
    }

    public static void install(byte[] data, short offset, byte length) {
        new Trouble(data, offset);
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x10: // counts on, and answers how far
                count++;
                answer(apdu, count);
                return;
            case 0x12: // answers how far
                answer(apdu, count);
                return;
            case 0x14: // over which medium and protocol
                answer(apdu, APDU.getProtocol());
                return;
            case 0x20: // divides by P2
                answer(apdu, (short) (count / buffer[ISO7816.OFFSET_P2]));
                return;
            case 0x30: // no end
                while (buffer[ISO7816.OFFSET_INS] == 0x30) {
                    buffer[ISO7816.OFFSET_P1]++;
                }
                return;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }

    private static void answer(APDU apdu, short value) {
        Util.setShort(apdu.getBuffer(), (short) 0, value);
        apdu.setOutgoingAndSend((short) 0, (short) 2);
    }
}
