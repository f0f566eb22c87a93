package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.JCSystem;

/** Takes transient memory for each command. */
public final class TransientInProcess extends Applet {
    private byte[] kept;

    public static void install(byte[] data, short offset, byte length) {
        new TransientInProcess().register();
    }

    @Override
    public void process(APDU apdu) {
        kept = JCSystem.makeTransientByteArray((short) 8, JCSystem.CLEAR_ON_RESET);
    }
}
