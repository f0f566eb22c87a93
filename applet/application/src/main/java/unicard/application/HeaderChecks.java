package unicard.application;

import javacard.framework.APDU;
import javacard.framework.ISO7816;

/** State, session, P1 and P2 of a command against its row of the contract's table, in this order. */
final class HeaderChecks {
    private final Session session;

    HeaderChecks(Session session) {
        this.session = session;
    }

    /**
     * Throws the status word of the first that is wrong.
     *
     * @param state the bit of the state that the card is in
     * @param pending the handshake that is pending
     * @param secureSelect whether this is a SELECT with secure messaging
     */
    void check(byte[] buffer, short row, byte state, byte pending, boolean secureSelect) {
        CommandTable.require(
                CommandTable.isTakenIn(row, state), Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
        CommandTable.require(!secureSelect, Contract.SW_SECURE_MESSAGING_NOT_SUPPORTED);
        checkSession(CommandTable.needsOf(row), pending);
        CommandTable.checkParameters(row, buffer[ISO7816.OFFSET_P1], buffer[ISO7816.OFFSET_P2], state);
    }

    private void checkSession(byte needs, byte pending) {
        byte kind = (byte) (needs & Contract.NEEDS_SESSION_MASK);
        if (kind == Contract.NEEDS_SESSION_PENDING) {
            CommandTable.require(
                    pending != Transient.NONE, Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
        }
        boolean mustNotBeHeard = (needs & Contract.NEEDS_CONTACTLESS) != 0 && !session.isOpen();
        CommandTable.require(
                isOpen(kind, (needs & Contract.NEEDS_WRITES) != 0)
                        && (!mustNotBeHeard || Incoming.isWired(APDU.getProtocol())),
                Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
    }

    /** Whether a session of this kind is open, or none is needed. */
    private boolean isOpen(byte kind, boolean writes) {
        boolean isRole = session.isRole((byte) -1);
        switch (kind) {
            case Contract.NEEDS_SESSION_ISSUER:
                return writes ? session.mayWrite() : session.isIssuer();
            case Contract.NEEDS_SESSION_ROLE:
                return isRole;
            case Contract.NEEDS_SESSION_ISSUER_OR_ROLE:
                return isRole || session.mayWrite();
            default:
                return true;
        }
    }
}
