package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.Util;
import javacardx.apdu.ExtendedLength;

/** Takes extended lengths: answers the length and a sum of its data, or as many bytes as it is asked for. */
public final class ExtendedEcho extends Applet implements ExtendedLength {
    private ExtendedEcho() {
        register();
    }

    public static void install(byte[] data, short offset, byte length) {
        new ExtendedEcho();
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        if (buffer[ISO7816.OFFSET_INS] == 0x01) {
            sum(apdu, buffer);
        } else {
            send(apdu, buffer);
        }
    }

    private static void sum(APDU apdu, byte[] buffer) {
        short length = apdu.setIncomingAndReceive();
        short offset = apdu.getOffsetCdata();
        short sum = 0;
        for (short i = 0; i < length; i++) {
            sum += (short) (buffer[(short) (offset + i)] & 0xFF);
        }
        short expected = apdu.setOutgoing();
        Util.setShort(buffer, (short) 0, apdu.getCurrentState() == APDU.STATE_OUTGOING ? length : 0);
        Util.setShort(buffer, (short) 2, sum);
        Util.setShort(buffer, (short) 4, expected);
        apdu.setOutgoingLength((short) 6);
        apdu.sendBytes((short) 0, (short) 6);
    }

    private static void send(APDU apdu, byte[] buffer) {
        short length = Util.getShort(buffer, ISO7816.OFFSET_P1);
        for (short i = 0; i < length; i++) {
            buffer[i] = (byte) i;
        }
        apdu.setOutgoingAndSend((short) 0, length);
    }
}
