package probes.gate.bad;

import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Shareable;

/** Other applets reach it through a shareable interface. */
public final class NewInSharedObject extends Applet {
    private final Desk desk = new Desk();

    /** What others may call. */
    public interface Counter extends Shareable {
        /** Gives room. */
        byte[] room();
    }

    /** Makes an array where it is asked for one. */
    static final class Desk implements Counter {
        @Override
        public byte[] room() {
            return new byte[8];
        }
    }

    @Override
    public Shareable getShareableInterfaceObject(AID client, byte parameter) {
        return desk;
    }

    public static void install(byte[] data, short offset, byte length) {
        new NewInSharedObject().register();
    }

    @Override
    public void process(APDU apdu) {
        ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
    }
}
