package probes.globalplatform;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISOException;

/**
 * Cannot be installed: the last byte of the install parameters says why. 00 does not register, 01
 * refuses with 6A99, 02 throws, 03 asks for another AID, 04 wants more memory than there is.
 */
public final class Misfit extends Applet {
    private Misfit() {}

    public static void install(byte[] data, short offset, byte length) {
        switch (data[(short) (offset + length - 1)]) {
            case 0:
                return;
            case 1:
                ISOException.throwIt((short) 0x6A99);
                break;
            case 2:
                throw new ArithmeticException();
            case 3:
                data[(short) (offset + 1)]++;
                new Misfit().register(data, (short) (offset + 1), data[offset]);
                break;
            default:
                byte[][] hoard = new byte[100][];
                for (short i = 0; i < hoard.length; i++) {
                    hoard[i] = new byte[0x4000];
                }
        }
    }

    @Override
    public void process(APDU apdu) {}
}
