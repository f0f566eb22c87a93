package unicard.application;

/**
 * SCP03 of role sessions (Amendment D 1.1.2): AES-128, S8, i = 60, level 33, with the application's own
 * keys. The card's side only; keeps its session keys and counters in transient memory.
 */
final class RoleSession {
    /** Transient bytes for sessions. */
    static final short MEMORY = 80;

    private final Transient ram;
    private final RoleKeys keys;
    private final Objects objects;
    private final Aes aes;

    RoleSession(Transient ram, RoleKeys keys, Objects objects, Aes aes) {
        this.ram = ram;
        this.keys = keys;
        this.objects = objects;
        this.aes = aes;
    }

    /**
     * Begins a session with the slot of key version P1: reads the host challenge of the command in the
     * buffer, writes the answer from offset 0 and returns its length. Throws 6700 unless there are 8 bytes of
     * challenge, 6A88 where the slot is empty. The life cycle has been looked at.
     */
    short initializeUpdate(byte[] buffer, short length) {
        return 0;
    }

    /**
     * Checks host cryptogram, then C-MAC, of the whole EXTERNAL AUTHENTICATE in the buffer (P1 and length
     * have been looked at); from then on the session is open. Throws 6300, 6982.
     */
    void externalAuthenticate(byte[] buffer) {}

    /** The role of the open session, 0 to 15. */
    byte role() {
        return 0;
    }

    /**
     * Checks and opens the protected command in the buffer (5 bytes of header, then {@code length} bytes of
     * data with the MAC), clears the class bit, and returns the length of the clear data, which stand from
     * byte 5. Throws 6982; the caller then closes the session.
     */
    short unwrap(byte[] buffer, short length) {
        return 0;
    }

    /**
     * Protects an answer of 9000, 62xx or 63xx: encrypts {@code length} bytes from offset 0 of the buffer and
     * appends the R-MAC. Returns the new length, without status word.
     */
    short wrap(byte[] buffer, short length, short statusWord) {
        return length;
    }

    /** Forgets keys and counters. */
    void close() {}
}
