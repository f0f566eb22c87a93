package probes.channel;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import org.globalplatform.GPSystem;
import org.globalplatform.SecureChannel;

/** Does with its secure channel what the instruction says, and answers what came of it. */
public final class Channel extends Applet {
    /** Where answers are built: behind the longest command. */
    private static final short ROOM = (short) 264;

    private final byte[] report;

    private Channel(byte[] data, short offset) {
        report = JCSystem.makeTransientByteArray(ROOM, JCSystem.CLEAR_ON_DESELECT);
        register(data, (short) (offset + 1), data[offset]);
    }

    public static void install(byte[] data, short offset, byte length) {
        new Channel(data, offset);
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        SecureChannel channel = GPSystem.getSecureChannel();
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x10: // the level, without looking at the command
                buffer[0] = channel.getSecurityLevel();
                apdu.setOutgoingAndSend((short) 0, (short) 1);
                return;
            case 0x11: // unwrap, in clear what came of it
                report(apdu, channel);
                return;
            case 0x12: // unwrap, the data back with the status word of P1 P2 (0000: 9000) under wrap
                echo(apdu, channel);
                return;
            case 0x13: // decryptData (P1 00) or encryptData (P1 01)
                crypt(apdu, channel);
                return;
            case 0x14:
                channel.resetSecurity();
                return;
            case 0x15: // wrap without unwrap
                wrapAlone(apdu, channel);
                return;
            case 0x16: // unwrap twice, the data back
                unwrapTwice(apdu, channel);
                return;
            case 0x17: // unwrap, then wrap a status word without data twice
                wrapTwice(apdu, channel);
                return;
            case 0x18: // unwrap more than there is
                channel.unwrap(buffer, (short) 0, (short) 0x7000);
                return;
            case (byte) 0x82:
            case 0x50: // P2 bit 80: inside a transaction that is aborted
                handshake(apdu, channel);
                return;
            default: // everything else is for the channel to refuse
                handshake(apdu, channel);
        }
    }

    private static short received(APDU apdu) {
        return (short) (ISO7816.OFFSET_CDATA + apdu.setIncomingAndReceive());
    }

    private static void handshake(APDU apdu, SecureChannel channel) {
        byte[] buffer = apdu.getBuffer();
        boolean aborts = (buffer[ISO7816.OFFSET_P2] & 0x80) != 0;
        short length;
        if (aborts) {
            buffer[ISO7816.OFFSET_P2] = (byte) 0;
            JCSystem.beginTransaction();
            length = channel.processSecurity(apdu);
            JCSystem.abortTransaction();
        } else {
            length = channel.processSecurity(apdu);
        }
        apdu.setOutgoingAndSend(ISO7816.OFFSET_CDATA, length);
    }

    /** Levels before and after, status word (0000: none), class, then length and bytes of the command. */
    private void report(APDU apdu, SecureChannel channel) {
        byte[] buffer = apdu.getBuffer();
        short length = received(apdu);
        report[0] = channel.getSecurityLevel();
        Util.setShort(report, (short) 2, (short) 0);
        try {
            length = channel.unwrap(buffer, (short) 0, length);
        } catch (ISOException refused) {
            Util.setShort(report, (short) 2, refused.getReason());
        }
        report[1] = channel.getSecurityLevel();
        Util.setShort(report, (short) 4, length);
        Util.arrayCopyNonAtomic(buffer, (short) 0, report, (short) 6, length);
        apdu.setOutgoing();
        apdu.setOutgoingLength((short) (6 + length));
        apdu.sendBytesLong(report, (short) 0, (short) (6 + length));
    }

    private void echo(APDU apdu, SecureChannel channel) {
        byte[] buffer = apdu.getBuffer();
        short length = (short) (channel.unwrap(buffer, (short) 0, received(apdu)) - ISO7816.OFFSET_CDATA);
        short sw = Util.getShort(buffer, ISO7816.OFFSET_P1);
        sw = sw == 0 ? ISO7816.SW_NO_ERROR : sw;
        Util.arrayCopyNonAtomic(buffer, ISO7816.OFFSET_CDATA, report, (short) 0, length);
        Util.setShort(report, length, sw);
        length = channel.wrap(report, (short) 0, (short) (length + 2));
        apdu.setOutgoing();
        apdu.setOutgoingLength(length);
        apdu.sendBytesLong(report, (short) 0, length);
        if (sw != ISO7816.SW_NO_ERROR) {
            ISOException.throwIt(sw);
        }
    }

    private static void crypt(APDU apdu, SecureChannel channel) {
        byte[] buffer = apdu.getBuffer();
        short length = (short) (received(apdu) - ISO7816.OFFSET_CDATA);
        length = buffer[ISO7816.OFFSET_P1] == 0
                ? channel.decryptData(buffer, ISO7816.OFFSET_CDATA, length)
                : channel.encryptData(buffer, ISO7816.OFFSET_CDATA, length);
        apdu.setOutgoingAndSend(ISO7816.OFFSET_CDATA, length);
    }

    private static void wrapAlone(APDU apdu, SecureChannel channel) {
        byte[] buffer = apdu.getBuffer();
        buffer[0] = 0x77;
        Util.setShort(buffer, (short) 1, ISO7816.SW_NO_ERROR);
        apdu.setOutgoingAndSend((short) 0, channel.wrap(buffer, (short) 0, (short) 3));
    }

    private static void unwrapTwice(APDU apdu, SecureChannel channel) {
        byte[] buffer = apdu.getBuffer();
        short length = channel.unwrap(buffer, (short) 0, received(apdu));
        channel.unwrap(buffer, (short) 0, length);
    }

    private static void wrapTwice(APDU apdu, SecureChannel channel) {
        byte[] buffer = apdu.getBuffer();
        channel.unwrap(buffer, (short) 0, received(apdu));
        for (byte i = 0; i < 2; i++) {
            Util.setShort(buffer, (short) 0, ISO7816.SW_NO_ERROR);
            channel.wrap(buffer, (short) 0, (short) 2);
        }
    }
}
