package probes.gate.good;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.OwnerPIN;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.KeyBuilder;

/** All that the purse keeps. */
final class PurseState {
    static final byte PIN_SIZE = 8;
    private static final byte TRIES = 3;
    private static final byte RECORDS = 4;
    private static final byte[] FIRST_PIN = {'1', '2', '3', '4'};
    private static final short[] CEILINGS = {100, 1000, 0x7FFF};

    final OwnerPIN pin;
    final AESKey key;
    private final Object[] log;
    private final byte[] keyBytes;
    private short ceiling;
    private short balance;
    private byte next;

    PurseState(byte[] data, short offset) {
        pin = new OwnerPIN(TRIES, PIN_SIZE);
        pin.update(FIRST_PIN, (short) 0, (byte) FIRST_PIN.length);
        key = (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
        keyBytes = new byte[(short) (KeyBuilder.LENGTH_AES_128 / 8)];
        key.setKey(keyBytes, (short) 0);
        log = newLog();
        ceiling = data[offset] == 2 ? Util.getShort(data, (short) (offset + 1)) : CEILINGS[1];
    }

    /** Reached from the constructor only, so that it may allocate. */
    private static Object[] newLog() {
        Object[] log = new Object[RECORDS];
        for (byte i = 0; i < RECORDS; i++) {
            log[i] = newRecord();
        }
        return log;
    }

    private static byte[] newRecord() {
        return new byte[4];
    }

    short balance() {
        return balance;
    }

    void move(short change) {
        if (change > 0 && balance > (short) (ceiling - change)) {
            ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
        }
        short changed = (short) (balance + change);
        if (changed < 0) {
            ISOException.throwIt(ISO7816.SW_WRONG_DATA);
        }
        byte[] record = (byte[]) log[next];
        Util.setShort(record, (short) 0, change);
        Util.setShort(record, (short) 2, changed);
        next = (byte) ((next + 1) % RECORDS);
        balance = changed;
    }
}
