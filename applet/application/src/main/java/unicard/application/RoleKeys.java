package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.AESKey;

/**
 * The key sets of terminal roles: slot A (KVN 50 + role) and slot B (60 + role). Writing a key can be torn,
 * so that a slot is marked before it is touched, and counts only once all of it is there.
 */
final class RoleKeys {
    static final short NO_SLOT = -1;

    /** Slot A of each role, then slot B. */
    static final short SLOTS = (short) (Contract.SLOT_B_LAST - Contract.SLOT_A_FIRST + 1);

    /** What a slot holds: nothing, perhaps parts of keys, keys. */
    private static final byte EMPTY = 0;
    private static final byte UNDONE = 1;
    private static final byte COMPLETE = 2;

    private static final short ROLES = (short) (Contract.SLOT_A_LAST - Contract.SLOT_A_FIRST + 1);

    /** PUT KEY: version, ENC block, MAC block, master version. */
    private static final short VERSION = ISO7816.OFFSET_CDATA;
    private static final short ENC = (short) (VERSION + 1);
    private static final short MAC = (short) (ENC + KeyBlock.LENGTH);
    private static final short MASTER = (short) (MAC + KeyBlock.LENGTH);

    /** DELETE KEY: tag and length before the version. */
    private static final short REFERENCE = (short) 0xD201;

    private final Persistent lasting;
    private final KeyBlock block;
    private final Aes aes;

    RoleKeys(Persistent lasting, Transient ram, Session session, Aes aes) {
        this.lasting = lasting;
        this.aes = aes;
        block = new KeyBlock(ram, session, aes);
    }

    /** The role of a key version or slot. */
    static byte role(short versionOrSlot) {
        return (byte) (versionOrSlot & (ROLES - 1));
    }

    /** The slot of a key version, whether it has keys or not; {@link #NO_SLOT}: there is none. */
    private static short slot(byte version) {
        short slot = (short) ((short) (version & 0xFF) - Contract.SLOT_A_FIRST);
        return slot >= 0 && slot < SLOTS ? slot : NO_SLOT;
    }

    /** The slot of a key version that has keys, else {@link #NO_SLOT}. */
    short find(byte version) {
        short slot = slot(version);
        return slot != NO_SLOT && lasting.roleState[slot] == COMPLETE ? slot : NO_SLOT;
    }

    AESKey enc(short slot) {
        return lasting.roleEnc[slot];
    }

    AESKey mac(short slot) {
        return lasting.roleMac[slot];
    }

    /** Version of the master key that the slot's keys were derived from. */
    byte master(short slot) {
        return lasting.roleMaster[slot];
    }

    /** PUT KEY: command in the buffer, answer from offset 0; returns its length. */
    short put(byte[] buffer, short length) {
        short slot = slot(buffer[VERSION]);
        short word = judge(slot, buffer);
        if (word == Contract.SW_SUCCESS) {
            write(slot, buffer);
        }
        block.forget(buffer, ENC);
        block.forget(buffer, MAC);
        if (word != Contract.SW_SUCCESS) {
            ISOException.throwIt(word);
        }
        buffer[0] = buffer[VERSION];
        aes.checkValue(enc(slot), buffer, (short) 1);
        aes.checkValue(mac(slot), buffer, (short) (1 + Aes.CHECK));
        return (short) (1 + 2 * Aes.CHECK);
    }

    /** Decrypts both keys in place where their blocks are formed; the status word that follows. */
    private short judge(short slot, byte[] buffer) {
        if (slot == NO_SLOT || !block.isFormed(buffer, ENC) || !block.isFormed(buffer, MAC)) {
            return Contract.SW_INCORRECT_DATA;
        }
        if (!block.opens(buffer, ENC) || !block.opens(buffer, MAC)) {
            return Contract.SW_INCORRECT_DATA;
        }
        boolean isTaken = lasting.roleState[slot] == COMPLETE;
        return isTaken ? Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED : Contract.SW_SUCCESS;
    }

    private void write(short slot, byte[] buffer) {
        lasting.roleState[slot] = UNDONE;
        lasting.roleEnc[slot].setKey(buffer, KeyBlock.key(ENC));
        lasting.roleMac[slot].setKey(buffer, KeyBlock.key(MAC));
        lasting.roleMaster[slot] = buffer[MASTER];
        lasting.roleState[slot] = COMPLETE;
    }

    /** DELETE KEY: as {@link #put}. */
    short delete(byte[] buffer, short length) {
        if (Util.getShort(buffer, ISO7816.OFFSET_CDATA) != REFERENCE) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        short slot = find(buffer[(short) (ISO7816.OFFSET_CDATA + 2)]);
        if (slot == NO_SLOT) {
            ISOException.throwIt(Contract.SW_REFERENCED_DATA_NOT_FOUND);
        }
        empty(slot);
        buffer[0] = 0;
        return 1;
    }

    private void empty(short slot) {
        lasting.roleState[slot] = UNDONE;
        lasting.roleEnc[slot].clearKey();
        lasting.roleMac[slot].clearKey();
        lasting.roleState[slot] = EMPTY;
    }

    /** Writes key version and master version of each set that is there; returns how many bytes. */
    short list(byte[] target, short offset) {
        short end = offset;
        for (short slot = 0; slot < SLOTS; slot++) {
            if (lasting.roleState[slot] == COMPLETE) {
                target[end++] = (byte) (Contract.SLOT_A_FIRST + slot);
                target[end++] = master(slot);
            }
        }
        return (short) (end - offset);
    }

    /** Erases what a torn PUT KEY or DELETE KEY left; at SELECT. */
    void repair() {
        for (short slot = 0; slot < SLOTS; slot++) {
            if (lasting.roleState[slot] == UNDONE) {
                empty(slot);
            }
        }
    }

    /** Erases all sets; at termination. */
    void erase() {
        for (short slot = 0; slot < SLOTS; slot++) {
            if (lasting.roleState[slot] != EMPTY) {
                empty(slot);
            }
        }
    }
}
