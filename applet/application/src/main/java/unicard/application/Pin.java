package unicard.application;

/** The holder's PIN: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (ISO/IEC 7816-4:2020, 11.5). */
final class Pin {
    /** Length of a PIN block in bytes. */
    static final byte BLOCK = 8;

    private final Persistent lasting;
    private final Transient ram;

    Pin(Persistent lasting, Transient ram) {
        this.lasting = lasting;
        this.ram = ram;
    }

    /** Tries left; 0 where no PIN is stored. */
    byte tries() {
        return 0;
    }

    /** Whether the card has a PIN. */
    boolean isStored() {
        return lasting.pinStored;
    }

    /** Whether eight bytes are a PIN block of format 2 of allowed length. */
    static boolean isBlock(byte[] buffer, short offset) {
        return false;
    }

    /** Sets a transport PIN with all its tries; to be called in a transaction. */
    void storeTransport(byte[] block, short offset) {}

    /** VERIFY: command in the buffer; returns the length of the answer, which is 0. */
    short verify(byte[] buffer, short length) {
        return 0;
    }

    /** CHANGE REFERENCE DATA. */
    short change(byte[] buffer, short length) {
        return 0;
    }

    /** RESET RETRY COUNTER. */
    short reset(byte[] buffer, short length) {
        return 0;
    }

    /** Erases PIN and tries; at termination. */
    void erase() {}
}
