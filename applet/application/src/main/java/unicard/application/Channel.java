package unicard.application;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/**
 * The one session of the application, the issuer's or a role's: its handshake, the protection of
 * commands and answers, and its end. No session begins or ends without the verified flags.
 */
final class Channel {
    private static final short AUTHENTICATION = 16;

    private final Transient ram;
    private final IssuerSession issuer;
    private final RoleSession role;

    Channel(Transient ram, IssuerSession issuer, RoleSession role) {
        this.ram = ram;
        this.issuer = issuer;
        this.role = role;
    }

    /** A command has come, of which nothing is known yet. */
    void commandStarts() {
        ram.state[Transient.CLOSING] = 0;
        ram.state[Transient.UNWRAPPED] = 0;
    }

    /**
     * A command has come: a handshake goes on with it, or never. Returns which one was pending; what the
     * issuer's domain has of it stays until {@link #drop}.
     */
    byte takePending() {
        byte session = ram.state[Transient.SESSION];
        if (session != Transient.PENDING_ISSUER && session != Transient.PENDING_ROLE) {
            return Transient.NONE;
        }
        ram.state[Transient.SESSION] = Transient.NONE;
        return session;
    }

    /** Forgets what is left of a handshake. */
    void drop(byte pending) {
        if (pending == Transient.PENDING_ISSUER) {
            issuer.close();
        } else if (pending == Transient.PENDING_ROLE) {
            role.close();
        }
    }

    /** Ends what is open or pending, and the verified flags with it. */
    void close() {
        ram.forget();
        role.close();
        issuer.close();
    }

    /** INITIALIZE UPDATE of a role, received; the answer stands from offset 0. */
    short beginRole(byte[] buffer, short length) {
        short answered = role.initializeUpdate(buffer, length);
        ram.state[Transient.SESSION] = Transient.PENDING_ROLE;
        return answered;
    }

    /** INITIALIZE UPDATE of the issuer, not received yet. */
    short beginIssuer(APDU apdu) {
        short answered = issuer.handshake(apdu);
        ram.state[Transient.SESSION] = Transient.PENDING_ISSUER;
        return answered;
    }

    /** EXTERNAL AUTHENTICATE of a role, received. */
    void finishRole(byte[] buffer, short length) {
        if (length != AUTHENTICATION) {
            ISOException.throwIt(Contract.SW_WRONG_LENGTH);
        }
        role.externalAuthenticate(buffer);
        ram.state[Transient.ROLE_NUMBER] = role.role();
        ram.state[Transient.SESSION] = Transient.ROLE;
    }

    /** EXTERNAL AUTHENTICATE of the issuer, not received yet. */
    void finishIssuer(APDU apdu) {
        issuer.handshake(apdu);
        if (issuer.level() == 0) {
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        ram.state[Transient.SESSION] = Transient.ISSUER;
    }

    /**
     * Takes the protection off a command of the open session: {@code length} bytes of data from byte 5.
     * Returns how many are left; 6982 where anything is wrong, and the session has ended.
     */
    short unwrap(byte[] buffer, short length) {
        short plain;
        try {
            plain = isRole() ? role.unwrap(buffer, length) : issuer.unwrap(buffer, length);
        } catch (ISOException wrong) {
            close();
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
            return 0;
        }
        ram.state[Transient.UNWRAPPED] = 1;
        buffer[ISO7816.OFFSET_LC] = (byte) plain;
        return plain;
    }

    /**
     * Protects the answer of a command that was protected, unless it is an error, and ends a session that
     * has had its last answer. Returns the length of what is to be sent, without status word.
     */
    short wrap(byte[] buffer, short length, short statusWord) {
        short whole = length;
        if (ram.state[Transient.UNWRAPPED] != 0 && isProtected(statusWord)) {
            whole = isRole()
                    ? role.wrap(buffer, length, statusWord)
                    : issuer.wrap(buffer, length, statusWord);
        }
        if (ram.state[Transient.CLOSING] != 0 && statusWord == Contract.SW_SUCCESS) {
            close();
        }
        return whole;
    }

    /** Whether no issuer session is open, or no longer. */
    boolean isOver() {
        return ram.state[Transient.SESSION] != Transient.ISSUER;
    }

    /** Only 9000, 62xx and 63xx carry a MAC (Amendment D 1.1.2, 6.2.5). */
    private static boolean isProtected(short statusWord) {
        byte first = (byte) (statusWord >> 8);
        return statusWord == Contract.SW_SUCCESS || first == 0x62 || first == 0x63;
    }

    private boolean isRole() {
        return ram.state[Transient.SESSION] == Transient.ROLE;
    }

    /**
     * The issuer's domain hands the application a command of its own session, or has done so. A role's
     * session can be open then only on a card with logical channels; it ends, and is the application's to end.
     */
    void lend(boolean begins) {
        ram.forget();
        role.close();
        if (begins) {
            ram.state[Transient.SESSION] = Transient.ISSUER;
        }
    }
}
