package probes.memory;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/**
 * A balance and the sum of all debits, which must always make 1000 together. INS 10 debits P1 in a
 * transaction, INS 11 without one, INS 20 reads both, INS 30 counts the installed purses.
 */
public class Purse extends Applet {
    private static short purses;

    private short balance = 1000;
    private short spent;

    public static void install(byte[] parameters, short offset, byte length) {
        new Purse().register();
        purses++;
    }

    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (selectingApplet()) {
            return;
        }
        short amount = buffer[ISO7816.OFFSET_P1];
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x10:
                JCSystem.beginTransaction();
                balance -= amount;
                spent += amount;
                JCSystem.commitTransaction();
                break;
            case 0x11:
                balance -= amount;
                spent += amount;
                break;
            case 0x20:
                Util.setShort(buffer, (short) 0, balance);
                Util.setShort(buffer, (short) 2, spent);
                apdu.setOutgoingAndSend((short) 0, (short) 4);
                break;
            case 0x30:
                Util.setShort(buffer, (short) 0, purses);
                apdu.setOutgoingAndSend((short) 0, (short) 2);
                break;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }
}
