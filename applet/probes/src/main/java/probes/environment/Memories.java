package probes.environment;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** Holds transient arrays of every kind and event, and persistent ones. */
public final class Memories extends Applet {
    private static final byte[] EVENTS = {JCSystem.CLEAR_ON_RESET, JCSystem.CLEAR_ON_DESELECT};

    private final Object[] arrays = new Object[8];
    private final byte[] persistent = new byte[1];
    private Object global;
    private Object extra;

    private Memories() {
        for (short i = 0; i < 2; i++) {
            byte event = EVENTS[i];
            arrays[(short) (4 * i)] = JCSystem.makeTransientBooleanArray((short) 1, event);
            arrays[(short) (4 * i + 1)] = JCSystem.makeTransientByteArray((short) 1, event);
            arrays[(short) (4 * i + 2)] = JCSystem.makeTransientShortArray((short) 1, event);
            arrays[(short) (4 * i + 3)] = JCSystem.makeTransientObjectArray((short) 1, event);
        }
        register();
    }

    public static void install(byte[] data, short offset, byte length) {
        new Memories();
    }

    @Override
    public void process(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        if (selectingApplet()) {
            return;
        }
        short length = 0;
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x00:
                fill();
                break;
            case 0x01:
                length = show(buffer);
                break;
            case 0x02: // kinds of memory
                for (short i = 0; i < 8; i++) {
                    buffer[length++] = JCSystem.isTransient(arrays[i]);
                }
                buffer[length++] = JCSystem.isTransient(persistent);
                buffer[length++] = JCSystem.isTransient(buffer);
                buffer[length++] = JCSystem.isTransient(null);
                break;
            case 0x03: // P1: event, P2: length in units of 256 bytes
                extra = JCSystem.makeTransientByteArray(
                        (short) ((buffer[3] & 0xFF) << 8), buffer[ISO7816.OFFSET_P1]);
                break;
            case 0x04: // room left
                length = Util.setShort(buffer, length,
                        JCSystem.getAvailableMemory(JCSystem.MEMORY_TYPE_PERSISTENT));
                length = Util.setShort(buffer, length,
                        JCSystem.getAvailableMemory(JCSystem.MEMORY_TYPE_TRANSIENT_RESET));
                length = Util.setShort(buffer, length,
                        JCSystem.getAvailableMemory(JCSystem.MEMORY_TYPE_TRANSIENT_DESELECT));
                break;
            case 0x05: // drops what 03 made
                extra = null;
                JCSystem.requestObjectDeletion();
                break;
            case 0x06: // a global array
                global = JCSystem.makeGlobalArray(JCSystem.ARRAY_TYPE_BYTE, (short) 4);
                buffer[length++] = JCSystem.isTransient(global);
                break;
            case 0x07: // object deletion
                buffer[length++] = (byte) (JCSystem.isObjectDeletionSupported() ? 1 : 0);
                break;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
        apdu.setOutgoingAndSend((short) 0, length);
    }

    private void fill() {
        for (short i = 0; i < 8; i += 4) {
            ((boolean[]) arrays[i])[0] = true;
            ((byte[]) arrays[(short) (i + 1)])[0] = 1;
            ((short[]) arrays[(short) (i + 2)])[0] = 1;
            ((Object[]) arrays[(short) (i + 3)])[0] = this;
        }
        persistent[0] = 1;
    }

    private short show(byte[] buffer) {
        short length = 0;
        for (short i = 0; i < 8; i += 4) {
            buffer[length++] = (byte) (((boolean[]) arrays[i])[0] ? 1 : 0);
            buffer[length++] = ((byte[]) arrays[(short) (i + 1)])[0];
            buffer[length++] = (byte) ((short[]) arrays[(short) (i + 2)])[0];
            buffer[length++] = (byte) (((Object[]) arrays[(short) (i + 3)])[0] == null ? 0 : 1);
        }
        buffer[length++] = persistent[0];
        return length;
    }
}
