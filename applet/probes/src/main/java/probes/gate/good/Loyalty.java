package probes.gate.good;

import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.AppletEvent;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Shareable;
import javacard.framework.UserException;
import javacardx.apdu.ExtendedLength;

/** Counts points for other applets: inheritance, an inner class, checked exceptions, extended length. */
public class Loyalty extends Applet implements AppletEvent, ExtendedLength {
    private static final short MOST = 1000;

    private final Desk desk;
    private short points;

    Loyalty() {
        desk = new Desk();
    }

    /** Registers with the AID of the class. */
    public static void install(byte[] data, short offset, byte length) {
        make().register();
    }

    private static Loyalty make() {
        return new Loyalty();
    }

    @Override
    public Shareable getShareableInterfaceObject(AID client, byte parameter) {
        return client != null && parameter == 0 ? desk : null;
    }

    @Override
    public void process(APDU apdu) throws ISOException {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        try {
            add(buffer[ISO7816.OFFSET_P1]);
        } catch (UserException e) {
            ISOException.throwIt(e.getReason());
        } catch (ArithmeticException e) {
            ISOException.throwIt(ISO7816.SW_UNKNOWN);
        }
    }

    private short add(byte more) throws UserException {
        if (points > (short) (MOST - more)) {
            UserException.throwIt(ISO7816.SW_FILE_FULL);
        }
        points += more;
        return points;
    }

    @Override
    public void uninstall() {
        points = 0;
    }

    /** The object that others get; it keeps nothing itself. */
    private final class Desk implements Points {
        @Override
        public short add(byte more) {
            try {
                return Loyalty.this.add(more);
            } catch (UserException e) {
                return -1;
            }
        }
    }
}
