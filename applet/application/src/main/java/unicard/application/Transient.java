package unicard.application;

import javacard.framework.JCSystem;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.KeyBuilder;

/**
 * What the card forgets with the power. All of it is there whatever is selected (CLEAR_ON_RESET):
 * STORE DATA also comes while the issuer security domain is. {@link UnicardApplet} clears it at SELECT
 * and at deselection.
 */
final class Transient {
    /** Places in {@link #state}. */
    static final byte SESSION = 0;
    static final byte VERIFIED = 1;
    static final byte ROLE_NUMBER = 2;
    /** Not 0: the session ends once the present command is answered. */
    static final byte CLOSING = 3;
    /** Not 0: the present command was protected, and so is its answer. */
    static final byte UNWRAPPED = 4;
    /** Not 0: the next command may be a reverse; the present one may. */
    static final byte ARMED = 5;
    static final byte REVERSIBLE = 6;
    private static final short STATE_LENGTH = 8;

    /** Values of SESSION; from ISSUER on a session is open. */
    static final byte NONE = 0;
    static final byte PENDING_ISSUER = 1;
    static final byte PENDING_ROLE = 2;
    static final byte ISSUER = 3;
    static final byte ROLE = 4;

    /** Bits of VERIFIED, as INTERNAL AUTHENTICATE answers them. */
    static final byte PIN = 1;
    static final byte FINGER = 2;

    final byte[] state;

    /** Session keys of a role session; a key that PUT KEY is looking at. */
    final AESKey enc;
    final AESKey mac;
    final AESKey rmac;
    final AESKey candidate;

    /** RoleSession and SecureMessaging: what a session remembers. */
    final byte[] channel;

    /** Aes: blocks that it works on. */
    final byte[] blocks;

    /** DgiStream: where it is, a header and a content that are not whole; DgiBatch: whole groupings. */
    final short[] stream;
    final byte[] header;
    final byte[] held;
    final short[] batch;

    /** Secrets: a digest. */
    final byte[] digest;

    /** Purses: what those of the newest transaction had counted before it. */
    final byte[] countedBefore;

    Transient() {
        state = JCSystem.makeTransientByteArray(STATE_LENGTH, JCSystem.CLEAR_ON_RESET);
        enc = Persistent.key(KeyBuilder.TYPE_AES_TRANSIENT_RESET);
        mac = Persistent.key(KeyBuilder.TYPE_AES_TRANSIENT_RESET);
        rmac = Persistent.key(KeyBuilder.TYPE_AES_TRANSIENT_RESET);
        candidate = Persistent.key(KeyBuilder.TYPE_AES_TRANSIENT_RESET);
        channel = JCSystem.makeTransientByteArray(RoleSession.MEMORY, JCSystem.CLEAR_ON_RESET);
        blocks = JCSystem.makeTransientByteArray(Aes.MEMORY, JCSystem.CLEAR_ON_RESET);
        stream = JCSystem.makeTransientShortArray(DgiStream.MEMORY, JCSystem.CLEAR_ON_RESET);
        header = JCSystem.makeTransientByteArray(DgiStream.HEADER, JCSystem.CLEAR_ON_RESET);
        held = JCSystem.makeTransientByteArray(DataTables.HELD, JCSystem.CLEAR_ON_RESET);
        batch = JCSystem.makeTransientShortArray(DgiBatch.MEMORY, JCSystem.CLEAR_ON_RESET);
        digest = JCSystem.makeTransientByteArray(Secrets.MEMORY, JCSystem.CLEAR_ON_RESET);
        countedBefore = JCSystem.makeTransientByteArray(Purses.BEFORE, JCSystem.CLEAR_ON_RESET);
    }

    /** Forgets session and verified flags. */
    void forget() {
        Util.arrayFillNonAtomic(state, (short) 0, STATE_LENGTH, (byte) 0);
    }
}
