package probes.rules;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.OwnerPIN;
import javacard.framework.SystemException;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.KeyBuilder;
import javacardx.framework.util.ArrayLogic;

/** PINs, keys, transient memory, room, buffers. Each instruction is one question. */
public final class Keeper extends Applet {
    private static final byte[] RIGHT = {1, 2, 3, 4};
    private static final byte[] WRONG = {4, 3, 2, 1};
    private static final byte SIZE = 4;
    private static Object kept;

    private final OwnerPIN pin;
    private final byte[] onReset;
    private final byte[] onDeselect;
    private final Object[] references;
    private final AESKey resetKey;
    private final AESKey deselectKey;
    private final AESKey key;
    private final byte[] value;
    private Object room;

    private Keeper() {
        pin = new OwnerPIN((byte) 3, SIZE);
        pin.update(RIGHT, (short) 0, SIZE);
        onReset = JCSystem.makeTransientByteArray((short) 16, JCSystem.CLEAR_ON_RESET);
        onDeselect = JCSystem.makeTransientByteArray((short) 16, JCSystem.CLEAR_ON_DESELECT);
        references = JCSystem.makeTransientObjectArray((short) 1, JCSystem.CLEAR_ON_DESELECT);
        resetKey = aes(KeyBuilder.TYPE_AES_TRANSIENT_RESET);
        deselectKey = aes(KeyBuilder.TYPE_AES_TRANSIENT_DESELECT);
        key = aes(KeyBuilder.TYPE_AES);
        value = new byte[16];
    }

    private static AESKey aes(byte type) {
        return (AESKey) KeyBuilder.buildKey(type, KeyBuilder.LENGTH_AES_128, false);
    }

    public static void install(byte[] data, short offset, byte length) {
        new Keeper().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        short wanted = Util.getShort(buffer, ISO7816.OFFSET_P1);
        short result = 0;
        switch (buffer[ISO7816.OFFSET_INS]) {
            case 0x01: // PIN: tries, validated
                result = pinState();
                break;
            case 0x02: // right PIN
                pin.check(RIGHT, (short) 0, SIZE);
                result = pinState();
                break;
            case 0x03: // a wrong PIN in an aborted transaction
                JCSystem.beginTransaction();
                pin.check(WRONG, (short) 0, SIZE);
                JCSystem.abortTransaction();
                result = pinState();
                break;
            case 0x04: // a new PIN in an aborted transaction
                JCSystem.beginTransaction();
                pin.update(WRONG, (short) 0, SIZE);
                JCSystem.abortTransaction();
                pin.check(RIGHT, (short) 0, SIZE);
                result = pinState();
                break;
            case 0x05: // fills what a reset or a deselection clears
                onReset[0] = 1;
                onDeselect[0] = 1;
                references[0] = this;
                resetKey.setKey(value, (short) 0);
                deselectKey.setKey(value, (short) 0);
                key.setKey(value, (short) 0);
                return;
            case 0x06: // what is there of it
                result = filled();
                break;
            case 0x07: // cleared key
                key.clearKey();
                result = filled();
                break;
            case 0x08:
                result = JCSystem.isTransient(buffer);
                break;
            case 0x09:
                Util.arrayFill(value, (short) 0, (short) 2, (byte) 6);
                result = Util.getShort(value, (short) 0);
                break;
            case 0x0A:
                buffer[0] = 7;
                ArrayLogic.arrayFillGenericNonAtomic(value, (short) 0, (short) 2, buffer, (short) 0);
                result = Util.getShort(value, (short) 0);
                break;
            case 0x0B: // more transient memory than there is
                result = takeTransient(wanted);
                break;
            case 0x0C: // more persistent memory than there is
                result = takePersistent(wanted);
                break;
            case 0x0D:
                result = JCSystem.getAvailableMemory(JCSystem.MEMORY_TYPE_PERSISTENT);
                break;
            case 0x0E: // nothing refers to what was taken, and the card is told
                room = null;
                JCSystem.requestObjectDeletion();
                return;
            case 0x0F: // data and an error
                Util.setShort(buffer, (short) 0, (short) 0x1234);
                apdu.setOutgoingAndSend((short) 0, (short) 2);
                ISOException.throwIt(ISO7816.SW_WRONG_DATA);
                return;
            case 0x10: // leaves a trace in the buffer
                buffer[200] = 0x55;
                return;
            case 0x11: // how long the data is
                result = apdu.setIncomingAndReceive();
                break;
            case 0x12: // keeps what is lent for one command
                result = keepsLent(apdu, buffer);
                break;
            case 0x13: // all tries again, in an aborted transaction
                pin.check(WRONG, (short) 0, SIZE);
                JCSystem.beginTransaction();
                pin.resetAndUnblock();
                JCSystem.abortTransaction();
                result = pinState();
                break;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
        Util.setShort(buffer, (short) 0, result);
        apdu.setOutgoingAndSend((short) 0, (short) 2);
    }

    /** How many of four ways to keep the APDU or its buffer are open. */
    private short keepsLent(APDU apdu, byte[] buffer) {
        short ways = 0;
        for (byte way = 0; way < 4; way++) {
            try {
                keepLent(way, apdu, buffer);
                ways++;
            } catch (SecurityException e) {
                room = null;
            }
        }
        return ways;
    }

    private void keepLent(byte way, APDU apdu, byte[] buffer) {
        switch (way) {
            case 0:
                room = buffer;
                break;
            case 1:
                kept = apdu;
                break;
            case 2:
                references[0] = buffer;
                break;
            default:
                references[0] = apdu;
        }
    }

    private short pinState() {
        return (short) (pin.getTriesRemaining() << 8 | (pin.isValidated() ? 1 : 0));
    }

    private short filled() {
        short filled = onReset[0];
        filled |= (short) (onDeselect[0] << 1);
        filled |= (short) (references[0] == null ? 0 : 4);
        filled |= (short) (resetKey.isInitialized() ? 8 : 0);
        filled |= (short) (deselectKey.isInitialized() ? 16 : 0);
        filled |= (short) (key.isInitialized() ? 32 : 0);
        return filled;
    }

    private short takeTransient(short length) {
        try {
            references[0] = JCSystem.makeTransientByteArray(length, JCSystem.CLEAR_ON_RESET);
        } catch (SystemException e) {
            return e.getReason();
        }
        return 0;
    }

    private short takePersistent(short length) {
        try {
            room = new Object[] {room, new byte[length], new byte[length], new byte[length]};
        } catch (SystemException e) {
            return e.getReason();
        }
        return 0;
    }
}
