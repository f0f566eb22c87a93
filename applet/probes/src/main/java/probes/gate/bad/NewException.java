package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/** Throws an object of its own for each wrong command. */
public final class NewException extends Applet {
    public static void install(byte[] data, short offset, byte length) {
        new NewException().register();
    }

    @Override
    public void process(APDU apdu) {
        throw new ISOException(ISO7816.SW_WRONG_DATA);
    }
}
