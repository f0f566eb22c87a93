package probes.link;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * Counts in persistent memory, throws what no applet should, or comes to no end; the last two also while it
 * is installed, where its parameters ask for it.
 */
public final class Trouble extends Applet {
    private short count;

    private Trouble(byte[] data, short offset) {
        register(data, (short) (offset + 1), data[offset]);
    }

    public static void install(byte[] data, short offset, byte length) {
        new Trouble(data, offset);
        short privileges = (short) (offset + 1 + data[offset]);
        short parameters = (short) (privileges + 1 + data[privileges]);
        if (data[parameters] > 0) {
            trouble(data, (short) (parameters + 1));
        }
    }

    /** What the byte at this place asks for: a division by zero, or no end. */
    private static void trouble(byte[] data, short at) {
        if (data[at] == 0x20) {
            data[at] /= (byte) (data[at] - 0x20);
        }
        while (data[at] == 0x30) {
            data[(short) (at - 1)]++;
        }
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
            case 0x20:
            case 0x30:
                trouble(buffer, ISO7816.OFFSET_INS);
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
