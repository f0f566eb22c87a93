package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.AppletEvent;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;

/** Installs itself in the way that the first parameter byte says. */
public final class Births extends Applet implements AppletEvent {
    private static final byte[] OTHER = {(byte) 0xF0, 1, 2, 3, 4, 5};
    private static byte uninstalled;

    private final byte[] big;
    private short[] transients;

    private Births(byte size) {
        big = new byte[(short) (size * 256)];
    }

    public static void install(byte[] data, short offset, byte length) {
        short parameters = (short) (offset + data[offset] + 2);
        byte mood = data[parameters] == 0 ? 0 : data[(short) (parameters + 1)];
        Births born = new Births((byte) 4);
        born.transients = JCSystem.makeTransientShortArray((short) 100, JCSystem.CLEAR_ON_RESET);
        switch (mood) {
            case 1: // never registers
                return;
            case 2: // twice
                born.register();
                born.register();
                return;
            case 3: // under another name
                born.register(OTHER, (short) 0, (byte) OTHER.length);
                return;
            case 4:
                ISOException.throwIt((short) 0x6A77);
                return;
            case 5:
                throw new NullPointerException();
            case 6: // too big
                new Births((byte) 120);
                new Births((byte) 120);
                new Births((byte) 120);
                return;
            case 7: // throws when all is done
                born.register();
                ISOException.throwIt((short) 0x6A78);
                return;
            case 8: // leaves a transaction open
                JCSystem.beginTransaction();
                born.register();
                return;
            case 9:
                for (;;) {
                    born.transients = null;
                }
            case 10: // a wrong length of AID
                born.register(OTHER, (short) 0, (byte) 4);
                return;
            case 11: // more transient memory than there is
                JCSystem.makeTransientByteArray((short) 30000, JCSystem.CLEAR_ON_RESET);
                return;
            case 12: // shows what it has before and after its registration
                born.big[0] = (byte) (JCSystem.getAID() == null ? 1 : 2);
                born.register();
                born.big[1] = (byte) (JCSystem.getAID() == null ? 1 : 2);
                born.big[2] = JCSystem.isTransient(data);
                born.big[3] = (byte) (JCSystem.makeTransientByteArray(
                        (short) 1, JCSystem.CLEAR_ON_DESELECT).length);
                return;
            case 13: // catches the refusal of a second registration
                born.register();
                try {
                    born.register();
                } catch (RuntimeException refused) {
                    born.big[0] = 7;
                }
                return;
            default:
                born.register(data, (short) (offset + 1), data[offset]);
        }
    }

    @Override
    public void uninstall() {
        uninstalled++;
        if (big[0] == 9) {
            ISOException.throwIt((short) 0x6A79);
        }
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        for (short i = 0; i < 4; i++) {
            buffer[i] = big[i];
        }
        buffer[4] = uninstalled;
        apdu.setOutgoingAndSend((short) 0, (short) 5);
    }
}
