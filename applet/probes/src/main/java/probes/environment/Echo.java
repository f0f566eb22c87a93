package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** Answers what it is sent, and what it was installed with. */
public final class Echo extends Applet {
    private final byte[] installed;

    private Echo(byte[] data, short offset, byte length) {
        installed = new byte[length];
        Util.arrayCopyNonAtomic(data, offset, installed, (short) 0, length);
        register(data, (short) (offset + 1), data[offset]);
    }

    public static void install(byte[] data, short offset, byte length) {
        new Echo(data, offset, length);
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (selectingApplet()) {
            return;
        }
        short length;
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x00: // nothing
                return;
            case 0x01: // the data back
                length = apdu.setIncomingAndReceive();
                apdu.setOutgoingAndSend(apdu.getOffsetCdata(), length);
                return;
            case 0x02: // what install got
                Util.arrayCopyNonAtomic(installed, (short) 0, buffer, (short) 0, (short) installed.length);
                apdu.setOutgoingAndSend((short) 0, (short) installed.length);
                return;
            case 0x03: // so many bytes as P1 P2 say, each its own number
                send(apdu, Util.getShort(buffer, ISO7816.OFFSET_P1));
                return;
            case 0x04: // Le, protocol, block sizes, channel
                length = apdu.setOutgoing();
                Util.setShort(buffer, (short) 0, length);
                buffer[2] = APDU.getProtocol();
                Util.setShort(buffer, (short) 3, APDU.getInBlockSize());
                Util.setShort(buffer, (short) 5, APDU.getOutBlockSize());
                buffer[7] = APDU.getCLAChannel();
                apdu.setOutgoingLength((short) 8);
                apdu.sendBytes((short) 0, (short) 8);
                return;
            case 0x05: // data, then the status word in P1 P2
                length = apdu.setIncomingAndReceive();
                apdu.setOutgoingAndSend(ISO7816.OFFSET_CDATA, length);
                ISOException.throwIt(Util.getShort(buffer, ISO7816.OFFSET_P1));
                return;
            case 0x06: // own AID
                length = JCSystem.getAID().getBytes(buffer, (short) 0);
                apdu.setOutgoingAndSend((short) 0, length);
                return;
            case 0x07: // two bytes more than the data
                length = apdu.setIncomingAndReceive();
                apdu.setOutgoingAndSend(ISO7816.OFFSET_CDATA, (short) (length + 2));
                return;
            case (byte) 0xA4: // a SELECT that found nobody
                ISOException.throwIt((short) 0x6A81);
                return;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }

    private static void send(APDU apdu, short length) {
        byte[] buffer = apdu.getBuffer();
        apdu.setOutgoing();
        apdu.setOutgoingLength(length);
        short sent = 0;
        while (sent < length) {
            short part = (short) (length - sent);
            if (part > 100) {
                part = 100;
            }
            for (short i = 0; i < part; i++) {
                buffer[i] = (byte) (sent + i);
            }
            apdu.sendBytes((short) 0, part);
            sent += part;
        }
    }
}
