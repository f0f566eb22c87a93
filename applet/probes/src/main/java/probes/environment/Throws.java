package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.CardException;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.TransactionException;
import javacard.framework.Util;

/** Throws what P1 says; INS 01 misuses the APDU object as P1 says. */
public final class Throws extends Applet {
    private Throws() {
        register();
    }

    public static void install(byte[] data, short offset, byte length) {
        new Throws();
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (selectingApplet()) {
            return;
        }
        if (buffer[ISO7816.OFFSET_INS] == 0x01) {
            misuse(apdu, buffer[ISO7816.OFFSET_P1]);
            return;
        }
        switch (buffer[ISO7816.OFFSET_P1]) {
            case 0:
                ISOException.throwIt((short) 0x6A99);
                break;
            case 1:
                Throws.<RuntimeException>sneak(new CardException((short) 1));
                break;
            case 2:
                TransactionException.throwIt(TransactionException.INTERNAL_FAILURE);
                break;
            case 3:
                buffer[-1] = 0;
                break;
            case 4:
                ((Object) null).hashCode();
                break;
            case 5:
                Object text = buffer;
                ((short[]) text)[0] = 1;
                break;
            case 6:
                buffer[0] = (byte) (1 / (buffer[ISO7816.OFFSET_P2]));
                break;
            case 7:
                deep((short) 0);
                break;
            case 8:
                throw new OutOfMemoryError();
            case 9:
                throw new AssertionError();
            case 10:
                ISOException.throwIt((short) 0x9000);
                break;
            case 11:
                buffer = new byte[30000];
                buffer = new byte[30000];
                buffer = new byte[30000];
                break;
            default:
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable checked) throws T {
        throw (T) checked;
    }

    private static short deep(short depth) {
        return (short) (deep((short) (depth + 1)) + 1);
    }

    private static void misuse(APDU apdu, byte kind) {
        switch (kind) {
            case 0: // the direction twice
                apdu.setOutgoing();
                apdu.setOutgoing();
                break;
            case 1: // bytes without a length
                apdu.setOutgoing();
                apdu.sendBytes((short) 0, (short) 1);
                break;
            case 2: // data after the direction
                apdu.setOutgoing();
                apdu.setIncomingAndReceive();
                break;
            case 3: // more than was said
                apdu.setOutgoing();
                apdu.setOutgoingLength((short) 1);
                apdu.sendBytes((short) 0, (short) 2);
                break;
            case 4: // too much
                apdu.setOutgoing();
                apdu.setOutgoingLength((short) 257);
                apdu.sendBytes((short) 0, (short) 200);
                apdu.sendBytes((short) 0, (short) 57);
                break;
            case 5: // beyond the buffer
                apdu.setOutgoing();
                apdu.setOutgoingLength((short) 200);
                apdu.sendBytes((short) 200, (short) 200);
                break;
            case 6: // data twice
                apdu.setIncomingAndReceive();
                apdu.setIncomingAndReceive();
                break;
            case 7: // a length before the direction
                apdu.setOutgoingLength((short) 1);
                break;
            case 8: // more than a block in one
                apdu.setOutgoingNoChaining();
                apdu.setOutgoingLength((short) 253);
                apdu.sendBytes((short) 0, (short) 253);
                break;
            case 9: // less than nothing
                apdu.setOutgoing();
                apdu.setOutgoingLength((short) -1);
                break;
            default:
                Util.setShort(apdu.getBuffer(), (short) 0, (short) 0);
        }
    }
}
