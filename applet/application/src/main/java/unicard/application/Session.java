package unicard.application;

import javacard.framework.ISOException;

/** What the open session allows: who asks for a right asks here. {@link Channel} opens and ends it. */
final class Session {
    private static final short BLOCK = 16;

    private final Transient ram;
    private final IssuerSession issuer;

    Session(Transient ram, IssuerSession issuer) {
        this.ram = ram;
        this.issuer = issuer;
    }

    boolean isOpen() {
        return ram.state[Transient.SESSION] >= Transient.ISSUER;
    }

    /** Whether an issuer session of any level is open; true for STORE DATA through its domain too. */
    boolean isIssuer() {
        return ram.state[Transient.SESSION] == Transient.ISSUER;
    }

    /** Whether a session of this role is open; a role of -1: of any role. */
    boolean isRole(byte role) {
        return ram.state[Transient.SESSION] == Transient.ROLE
                && (role == -1 || role == ram.state[Transient.ROLE_NUMBER]);
    }

    /** Whether an issuer session of the level that writing needs is open. */
    boolean mayWrite() {
        return isIssuer() && has(Contract.WRITE_LEVEL);
    }

    /** Whether no session is open, or one that encrypts answers: nobody listens who should not. */
    boolean isUnheard() {
        return !isOpen() || has(Contract.READ_LEVEL);
    }

    private boolean has(short bits) {
        short level = isIssuer() ? issuer.level() : Contract.ROLE_LEVEL;
        return (short) (level & bits) == bits;
    }

    /** Ends the session once the answer of this command has been protected. */
    void closeAfterAnswer() {
        ram.state[Transient.CLOSING] = 1;
    }

    /**
     * Decrypts whole blocks in place under the DEK of the issuer session's key set, ICV 0
     * (Amendment D, 6.2.8). Returns how many bytes are plain, which {@link IssuerSession#decrypt} says
     * more of. Throws 6A80 where the length is none of whole blocks.
     */
    short decrypt(byte[] buffer, short offset, short length) {
        if (length <= 0 || (short) (length % BLOCK) != 0) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        return issuer.decrypt(buffer, offset, length);
    }
}
