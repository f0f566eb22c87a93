package probes.globalplatform;

import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import org.globalplatform.GPSystem;
import org.globalplatform.Personalization;

/**
 * Is personalized through its domain. The first byte of data says how: 00 keeps the command, 01 refuses
 * it, 02 throws, 03 keeps it in a transaction that stays open, 04 answers what surrounds it, 05 never
 * ends, 06 answers more than there is; anything else is 6A80. Answers the command that it kept (INS 40).
 */
public final class Personalized extends Applet implements Personalization {
    private static final byte KEPT = 0x40;

    private final byte[] kept = new byte[261];
    private short keptLength;

    private Personalized() {}

    public static void install(byte[] data, short offset, byte length) {
        new Personalized().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public short processData(byte[] in, short inOffset, short length, byte[] out, short outOffset) {
        switch (in[(short) (inOffset + ISO7816.OFFSET_CDATA)]) {
            case 0:
                keep(in, inOffset, length);
                return 0;
            case 1:
                ISOException.throwIt((short) 0x6A99);
                return 0;
            case 2:
                throw new NullPointerException();
            case 3:
                JCSystem.beginTransaction();
                keep(in, inOffset, length);
                return 0;
            case 4:
                return surroundings(in, out, outOffset);
            case 5:
                while (keptLength >= 0) {
                    keptLength = 0;
                }
                return 0;
            case 6:
                return Short.MAX_VALUE;
            default:
                ISOException.throwIt(ISO7816.SW_WRONG_DATA);
                return 0;
        }
    }

    private void keep(byte[] in, short offset, short length) {
        Util.arrayCopy(in, offset, kept, (short) 0, length);
        keptLength = length;
    }

    /** Security level, own state, whether the buffer is lasting; the AIDs of who runs and who calls. */
    private static short surroundings(byte[] in, byte[] out, short offset) {
        boolean global = in == APDU.getCurrentAPDUBuffer();
        out[offset++] = GPSystem.getSecureChannel().getSecurityLevel();
        out[offset++] = GPSystem.getCardContentState();
        out[offset++] = (byte) (global ? 1 : 0);
        AID own = JCSystem.getAID();
        offset += own.getBytes(out, offset);
        AID caller = JCSystem.getPreviousContextAID();
        offset += caller.getBytes(out, offset);
        return offset;
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        if (buffer[ISO7816.OFFSET_INS] != KEPT) {
            ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
        apdu.setOutgoing();
        apdu.setOutgoingLength(keptLength);
        apdu.sendBytesLong(kept, (short) 0, keptLength);
    }
}
