package probes.globalplatform;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import org.globalplatform.Application;

/** Is personalized through the older interface: keeps the command, and answers it (INS 40). */
public final class OldPersonalized extends Applet implements Application {
    private static final byte KEPT = 0x40;

    private final byte[] kept = new byte[261];
    private short keptLength;

    private OldPersonalized() {}

    public static void install(byte[] data, short offset, byte length) {
        new OldPersonalized().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void processData(byte[] buffer, short offset, short length) {
        Util.arrayCopy(buffer, offset, kept, (short) 0, length);
        keptLength = length;
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
