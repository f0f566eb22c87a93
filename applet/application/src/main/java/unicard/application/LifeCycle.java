package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import org.globalplatform.GPSystem;

/** Where the application stands: SELECT's answer, SET STATUS, and the erasure after termination. */
final class LifeCycle {
    private static final byte FCI = 0x6F;
    private static final byte AID = (byte) 0x84;
    private static final byte PROPRIETARY = (byte) 0xA5;
    private static final byte VERSION = (byte) 0x80;
    private static final byte STATE = (byte) 0x81;
    private static final byte TRIES = (byte) 0x82;
    private static final byte TRANSACTION_NUMBER = (byte) 0x83;
    private static final short TRANSACTION_NUMBER_LENGTH = 3;
    private static final short HEADER = 2;

    /** P1 of SET STATUS; what is left disables a service. */
    private static final byte APPLICATION = 0x40;
    private static final byte ENABLE = 0x20;

    private final Persistent lasting;
    private final Session session;
    private final Objects objects;
    private final Pin pin;
    private final CardKey cardKey;
    private final RoleKeys roleKeys;
    private final ReceiptKeys receiptKeys;

    LifeCycle(
            Persistent lasting,
            Session session,
            Objects objects,
            Pin pin,
            CardKey cardKey,
            RoleKeys roleKeys,
            ReceiptKeys receiptKeys) {
        this.lasting = lasting;
        this.session = session;
        this.objects = objects;
        this.pin = pin;
        this.cardKey = cardKey;
        this.roleKeys = roleKeys;
        this.receiptKeys = receiptKeys;
    }

    /** Life cycle code, derived from the marks. */
    byte state() {
        if (lasting.terminated) {
            return Contract.STATE_TERMINATED;
        }
        if (!lasting.personalized) {
            return Contract.STATE_BLANK;
        }
        if (lasting.suspended) {
            return Contract.STATE_SUSPENDED;
        }
        return lasting.activated ? Contract.STATE_ACTIVE : Contract.STATE_PERSONALIZED;
    }

    /** The bit that the table of commands has for the state; TERMINATED has none. */
    byte stateBit() {
        switch (state()) {
            case Contract.STATE_BLANK:
                return Contract.IN_BLANK;
            case Contract.STATE_PERSONALIZED:
                return Contract.IN_PERSONALIZED;
            case Contract.STATE_ACTIVE:
                return Contract.IN_ACTIVE;
            case Contract.STATE_SUSPENDED:
                return Contract.IN_SUSPENDED;
            default:
                return 0;
        }
    }

    /** Repairs what lost power left, and writes the FCI from offset 0; returns its length. */
    short select(byte[] buffer) {
        if (lasting.terminated) {
            erase();
        } else {
            cardKey.repair();
            roleKeys.repair();
            receiptKeys.repair();
        }
        mirror();
        return fci(buffer);
    }

    private boolean hasFinger() {
        return !lasting.terminated
                && (objects.has(Contract.TAG_FINGER_TEMPLATE_1)
                        || objects.has(Contract.TAG_FINGER_TEMPLATE_2));
    }

    private short fci(byte[] buffer) {
        short at = (short) (HEADER + HEADER);
        short end = (short) (at + JCSystem.getAID().getBytes(buffer, at));
        header(buffer, HEADER, AID, (short) (end - at));
        short proprietary = end;
        end = header(buffer, (short) (end + HEADER), VERSION, (short) 2);
        buffer[end++] = Contract.MAJOR;
        buffer[end++] = Contract.MINOR;
        end = header(buffer, end, STATE, (short) 1);
        buffer[end++] = state();
        end = header(buffer, end, TRIES, (short) 2);
        buffer[end++] = lasting.terminated ? 0 : pin.tries();
        buffer[end++] = hasFinger() ? (byte) Contract.LIMIT_FINGER_TRIES : 0;
        end = header(buffer, end, TRANSACTION_NUMBER, TRANSACTION_NUMBER_LENGTH);
        end = Util.arrayCopyNonAtomic(lasting.newest, (short) 0, buffer, end, TRANSACTION_NUMBER_LENGTH);
        header(buffer, proprietary, PROPRIETARY, (short) (end - proprietary - HEADER));
        header(buffer, (short) 0, FCI, (short) (end - HEADER));
        return end;
    }

    /** Writes tag and length, and returns where the value begins. */
    private static short header(byte[] buffer, short at, byte tag, short length) {
        buffer[at] = tag;
        buffer[(short) (at + 1)] = (byte) length;
        return (short) (at + HEADER);
    }

    /**
     * SET STATUS: command in the buffer; returns the length of the answer, which is 0. The table has
     * looked at the states that each change starts from. Every change is one write, termination first.
     */
    short setStatus(byte[] buffer, short length) {
        byte wanted = buffer[ISO7816.OFFSET_P2];
        byte what = buffer[ISO7816.OFFSET_P1];
        if (what != APPLICATION) {
            objects.services().enable(wanted, what == ENABLE);
        } else if (wanted == Contract.STATE_TERMINATED) {
            lasting.terminated = true;
            erase();
        } else {
            lasting.suspended = wanted == Contract.STATE_SUSPENDED;
        }
        mirror();
        session.closeAfterAnswer();
        return 0;
    }

    /** Erases what a terminated card must not keep; done again at SELECT where it was not completed. */
    private void erase() {
        if (lasting.erased) {
            return;
        }
        cardKey.erase();
        pin.erase();
        objects.eraseTemplates();
        roleKeys.erase();
        receiptKeys.erase();
        lasting.erased = true;
    }

    /** Brings the state that GlobalPlatform's registry shows to the application's own. */
    void mirror() {
        byte shown = (byte) (GPSystem.getCardContentState() & ~GPSystem.APPLICATION_LOCKED);
        if (shown != state()) {
            GPSystem.setCardContentState(state());
        }
    }
}
