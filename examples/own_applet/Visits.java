package com.example;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** Counts visits and keeps the newest visitor's number; both change together or not at all. */
public final class Visits extends Applet {
    private static final byte INS_VISIT = 0x10;
    private static final byte INS_LOOK = 0x12;

    private short visits;
    private short newest;

    private Visits(byte[] data, short offset) {
        register(data, (short) (offset + 1), data[offset]);
    }

    public static void install(byte[] data, short offset, byte length) {
        new Visits(data, offset);
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        byte[] buffer = apdu.getBuffer();
        switch (buffer[ISO7816.OFFSET_INS]) {
            case INS_VISIT:
                if (apdu.setIncomingAndReceive() != 2) {
                    ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
                }
                visit(Util.getShort(buffer, ISO7816.OFFSET_CDATA));
                return;
            case INS_LOOK:
                Util.setShort(buffer, (short) 0, visits);
                Util.setShort(buffer, (short) 2, newest);
                apdu.setOutgoingAndSend((short) 0, (short) 4);
                return;
            default:
                ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
        }
    }

    private void visit(short visitor) {
        JCSystem.beginTransaction();
        visits++;
        newest = visitor;
        JCSystem.commitTransaction();
    }
}
