package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** Each install leaves traces in what the first instance has, and fails where its parameter is not 0. */
public final class Traces extends Applet {
    private static byte[] log;
    private static Object[] volatiles;
    private static Traces newest;
    private static short births;

    private Object transients;

    public static void install(byte[] data, short offset, byte length) {
        short parameters = (short) (offset + data[offset] + 2);
        byte fails = data[parameters] == 0 ? 0 : data[(short) (parameters + 1)];
        Traces born = new Traces();
        if (log == null) {
            log = new byte[4];
            volatiles = JCSystem.makeTransientObjectArray((short) 1, JCSystem.CLEAR_ON_RESET);
        } else {
            volatiles[0] = born;
            Util.arrayFillNonAtomic(log, (short) 3, (short) 1, (byte) (log[3] + 1));
        }
        newest = born;
        births++;
        log[0]++;
        JCSystem.beginTransaction();
        log[1]++;
        JCSystem.commitTransaction();
        JCSystem.beginTransaction();
        log[2]++;
        JCSystem.abortTransaction();
        if (fails != 0) {
            ISOException.throwIt((short) 0x6A79);
        }
        born.register();
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (selectingApplet()) {
            return;
        }
        short length = 0;
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x00: // traces of installs
                buffer[length++] = (byte) (newest == this ? 1 : 2);
                buffer[length++] = (byte) births;
                length = Util.arrayCopyNonAtomic(log, (short) 0, buffer, length, (short) 4);
                buffer[length++] = (byte) (volatiles[0] == null ? 0 : 1);
                break;
            case 0x01: // makes transient arrays in a transaction that it aborts
                JCSystem.beginTransaction();
                transients = JCSystem.makeTransientByteArray((short) 256, JCSystem.CLEAR_ON_RESET);
                volatiles[0] = transients;
                JCSystem.abortTransaction();
                buffer[length++] = (byte) (transients == null ? 0 : 1);
                buffer[length++] = (byte) (volatiles[0] == null ? 0 : 1);
                break;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
        apdu.setOutgoingAndSend((short) 0, length);
    }
}
