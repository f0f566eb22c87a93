package unicard.application;

import javacard.security.AESKey;

/** The key sets of terminal roles: slot A (KVN 50 + role) and slot B (60 + role). */
final class RoleKeys {
    static final short NO_SLOT = -1;

    /** Slot A of each role, then slot B. */
    static final short SLOTS = (short) (Contract.SLOT_B_LAST - Contract.SLOT_A_FIRST + 1);

    private final Persistent lasting;
    private final Transient ram;
    private final Session session;
    private final Aes aes;

    RoleKeys(Persistent lasting, Transient ram, Session session, Aes aes) {
        this.lasting = lasting;
        this.ram = ram;
        this.session = session;
        this.aes = aes;
    }

    /** The slot of a key version that has keys, else {@link #NO_SLOT}. */
    short find(byte version) {
        return NO_SLOT;
    }

    AESKey enc(short slot) {
        return null;
    }

    AESKey mac(short slot) {
        return null;
    }

    byte master(short slot) {
        return 0;
    }

    /** PUT KEY: command in the buffer, answer from offset 0; returns its length. */
    short put(byte[] buffer, short length) {
        return 0;
    }

    /** DELETE KEY: as {@link #put}. */
    short delete(byte[] buffer, short length) {
        return 0;
    }

    /** Writes key version and master version of each set that is there; returns how many bytes. */
    short list(byte[] target, short offset) {
        return 0;
    }

    /** Erases what a torn PUT KEY or DELETE KEY left; at SELECT. */
    void repair() {}

    /** Erases all sets; at termination. */
    void erase() {}
}
