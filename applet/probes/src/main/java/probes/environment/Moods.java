package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;

/** Misbehaves at selection and deselection as it is told, and counts both. */
public final class Moods extends Applet {
    private static final byte REFUSES = 1;
    private static final byte THROWS = 2;
    private static final byte LEAVES_OPEN = 3;
    private static final byte HANGS = 4;
    private static final byte REFUSES_ONCE = 6;

    private byte selectMood;
    private byte deselectMood;
    private byte selections;
    private byte deselections;
    private byte torn;
    private byte seen;
    private final byte[] untilDeselected = JCSystem.makeTransientByteArray(
            (short) 1, JCSystem.CLEAR_ON_DESELECT);

    private Moods() {
        register();
    }

    public static void install(byte[] data, short offset, byte length) {
        new Moods();
    }

    @Override
    public boolean select() {
        selections++;
        seen = untilDeselected[0];
        untilDeselected[0] = 1;
        if (selectingApplet() || APDU.getProtocol() != APDU.PROTOCOL_T1) {
            seen = 0x55;
        }
        act(selectMood);
        if (selectMood == REFUSES_ONCE) {
            selectMood = 0;
            return false;
        }
        return selectMood != REFUSES;
    }

    @Override
    public void deselect() {
        deselections++;
        act(deselectMood);
    }

    private void act(byte mood) {
        switch (mood) {
            case THROWS:
                ISOException.throwIt((short) 0x6611);
                return;
            case LEAVES_OPEN:
                JCSystem.beginTransaction();
                torn++;
                return;
            case HANGS:
                while (mood == HANGS) {
                    torn = 0;
                }
                return;
            default:
        }
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        byte p1 = buffer[ISO7816.OFFSET_P1];
        switch (buffer[ISO7816.OFFSET_INS]) {
            case (byte) 0xA4:
                if (selectMood == 5) {
                    ISOException.throwIt((short) 0x6A84);
                }
                return;
            case 0x00:
                selectMood = p1;
                deselectMood = buffer[ISO7816.OFFSET_P2];
                return;
            case 0x01:
                buffer[0] = selections;
                buffer[1] = deselections;
                buffer[2] = torn;
                buffer[3] = seen;
                buffer[4] = JCSystem.getTransactionDepth();
                apdu.setOutgoingAndSend((short) 0, (short) 5);
                return;
            case 0x02: // a transaction left open
                JCSystem.beginTransaction();
                torn++;
                if (p1 == 1) {
                    ISOException.throwIt((short) 0x6612);
                }
                return;
            case 0x03:
                act(HANGS);
                return;
            case 0x04: // hangs, whatever is thrown
                for (;;) {
                    try {
                        act(HANGS);
                    } catch (Throwable ignored) {
                        torn = 0;
                    }
                }
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }
}
