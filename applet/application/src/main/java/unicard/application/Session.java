package unicard.application;

/**
 * The one session of the application: none, pending or open, the issuer's or a role's. Opens each
 * command and protects its answer; who asks for a right asks here.
 */
final class Session {
    private final Transient ram;

    Session(Transient ram) {
        this.ram = ram;
    }

    /** Whether an issuer session of any level is open; true for STORE DATA through its domain too. */
    boolean isIssuer() {
        return ram.state[Transient.SESSION] == Transient.ISSUER;
    }

    /** Whether an issuer session with C-MAC and C-ENC is open: who writes needs one. */
    boolean mayWrite() {
        return false;
    }

    /** Whether a session of this role is open; a role of -1: of any role. */
    boolean isRole(byte role) {
        return false;
    }

    /** Whether no session is open, or one that encrypts answers: nobody listens who should not. */
    boolean isUnheard() {
        return true;
    }

    /** Ends the session once the answer of this command has been protected. */
    void closeAfterAnswer() {}

    /**
     * Decrypts whole blocks in place under the DEK of the issuer session's key set, ICV 0
     * (Amendment D, 6.2.8). Throws 6A80 where the length is none of whole blocks.
     */
    void decrypt(byte[] buffer, short offset, short length) {}
}
