package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** A list of constants is an array all the same. */
public final class NewArrayLiteral extends Applet {
    private static short total(byte[] parts) {
        return parts[0];
    }

    public static void install(byte[] data, short offset, byte length) {
        new NewArrayLiteral().register();
    }

    @Override
    public void process(APDU apdu) {
        short sum = total(new byte[] {1, 2, 3});
        if (sum != 6) {
            return;
        }
    }
}
