package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/**
 * The holder's PIN: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (ISO/IEC 7816-4:2020, 11.5). It is
 * compared as a whole block of ISO 9564-1 format 2: one nibble 2, one the number of digits, the digits, F.
 */
final class Pin {
    /** Length of a PIN block in bytes. */
    static final byte BLOCK = 8;

    private static final byte FORMAT = 2;
    private static final short FILLER = 0x0F;
    private static final short NIBBLES = 2 * BLOCK;
    private static final short FIRST_DIGIT = 2;

    /** What an erased PIN is overwritten with. */
    private static final byte[] ZEROS = {0, 0, 0, 0, 0, 0, 0, 0};

    private final Persistent lasting;
    private final Transient ram;

    Pin(Persistent lasting, Transient ram) {
        this.lasting = lasting;
        this.ram = ram;
    }

    /** Tries left; 0 where no PIN is stored. */
    byte tries() {
        return lasting.pinStored ? lasting.pin.getTriesRemaining() : 0;
    }

    /** Whether the card has a PIN. */
    boolean isStored() {
        return lasting.pinStored;
    }

    /** Whether eight bytes are a PIN block of format 2 of allowed length. */
    static boolean isBlock(byte[] buffer, short offset) {
        short digits = nibble(buffer, offset, (short) 1);
        if (nibble(buffer, offset, (short) 0) != FORMAT
                || digits < Contract.LIMIT_PIN_DIGITS_MIN
                || digits > Contract.LIMIT_PIN_DIGITS_MAX) {
            return false;
        }
        short end = (short) (FIRST_DIGIT + digits);
        for (short i = FIRST_DIGIT; i < NIBBLES; i++) {
            short nibble = nibble(buffer, offset, i);
            if (i < end ? nibble > 9 : nibble != FILLER) {
                return false;
            }
        }
        return true;
    }

    private static short nibble(byte[] buffer, short offset, short index) {
        byte pair = buffer[(short) (offset + (short) (index >> 1))];
        return (short) ((index & 1) == 0 ? (pair >> 4) & 0x0F : pair & 0x0F);
    }

    /** Sets a transport PIN with all its tries; to be called in a transaction. */
    void storeTransport(byte[] block, short offset) {
        lasting.pin.update(block, offset, BLOCK);
        lasting.pinIsTransport = true;
        lasting.pinStored = true;
    }

    /** VERIFY: command in the buffer; returns the length of the answer, which is 0. */
    short verify(byte[] buffer, short length) {
        if (length == 0) {
            ask();
            return 0;
        }
        refuseIfBlocked();
        if (lasting.pinIsTransport) {
            ISOException.throwIt(Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
        }
        compare(buffer);
        ram.state[Transient.VERIFIED] = (byte) (ram.state[Transient.VERIFIED] | Transient.PIN);
        return 0;
    }

    /** CHANGE REFERENCE DATA: the new PIN is looked at first, so that a slip in it costs no try. */
    short change(byte[] buffer, short length) {
        short next = (short) (ISO7816.OFFSET_CDATA + BLOCK);
        refuseIfBlocked();
        if (!isBlock(buffer, next)
                || Util.arrayCompare(buffer, ISO7816.OFFSET_CDATA, buffer, next, BLOCK) == 0) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        compare(buffer);
        JCSystem.beginTransaction();
        lasting.pin.update(buffer, next, BLOCK);
        lasting.pinIsTransport = false;
        JCSystem.commitTransaction();
        return 0;
    }

    /** RESET RETRY COUNTER: with a block the PIN is new, and the holder has yet to choose an own one. */
    short reset(byte[] buffer, short length) {
        if (length == 0) {
            // One step of its own: it would not join a transaction.
            lasting.pin.resetAndUnblock();
            return 0;
        }
        if (!isBlock(buffer, ISO7816.OFFSET_CDATA)) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        JCSystem.beginTransaction();
        storeTransport(buffer, ISO7816.OFFSET_CDATA);
        JCSystem.commitTransaction();
        forgetVerified();
        return 0;
    }

    /** Erases PIN and tries; at termination, and again where lost power has stopped it. */
    void erase() {
        if (lasting.pinStored) {
            lasting.pin.update(ZEROS, (short) 0, BLOCK);
            lasting.pinIsTransport = false;
            lasting.pinStored = false;
        }
    }

    private void ask() {
        if ((ram.state[Transient.VERIFIED] & Transient.PIN) == 0) {
            refuseIfBlocked();
            notVerified();
        }
    }

    private void refuseIfBlocked() {
        if (tries() == 0) {
            ISOException.throwIt(Contract.SW_AUTHENTICATION_METHOD_BLOCKED);
        }
    }

    /** Compares the first block of the command; {@code check} takes the try before it looks. */
    private void compare(byte[] buffer) {
        if (!lasting.pin.check(buffer, ISO7816.OFFSET_CDATA, BLOCK)) {
            forgetVerified();
            notVerified();
        }
    }

    private void notVerified() {
        ISOException.throwIt((short) (Contract.SW_NOT_VERIFIED | tries()));
    }

    private void forgetVerified() {
        ram.state[Transient.VERIFIED] = (byte) (ram.state[Transient.VERIFIED] & ~Transient.PIN);
    }
}
