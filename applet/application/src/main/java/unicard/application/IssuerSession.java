package unicard.application;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import org.globalplatform.GPSystem;
import org.globalplatform.SecureChannel;

/**
 * The issuer's session: the secure channel of the application's security domain (GlobalPlatform Card
 * API 1.6). Its {@code unwrap} checks nothing where no session is open, so its level is asked before and
 * after.
 */
final class IssuerSession {
    /** Its answers stand here, as the API has it. */
    private static final short ANSWER = ISO7816.OFFSET_CDATA;

    /** Bits of a level that say what is protected; the others say who was authenticated. */
    private static final short PROTECTION =
            (short)
                    (SecureChannel.C_MAC
                            | SecureChannel.C_DECRYPTION
                            | SecureChannel.R_MAC
                            | SecureChannel.R_ENCRYPTION);

    private static SecureChannel channel() {
        return GPSystem.getSecureChannel();
    }

    /**
     * What the open session protects, as bits; 00: no session of the provider's is open, or one that
     * protects no commands.
     */
    short level() {
        byte level = channel().getSecurityLevel();
        boolean isOpen =
                (level & SecureChannel.AUTHENTICATED) != 0 && (level & SecureChannel.C_MAC) != 0;
        return isOpen ? (short) (level & PROTECTION) : 0;
    }

    /** Takes a command of the handshake that is not received yet; its answer stands from offset 0. */
    short handshake(APDU apdu) {
        short length = channel().processSecurity(apdu);
        byte[] buffer = apdu.getBuffer();
        return Util.arrayCopyNonAtomic(buffer, ANSWER, buffer, (short) 0, length);
    }

    /** See {@link RoleSession#unwrap}. */
    short unwrap(byte[] buffer, short length) {
        if (level() == 0) {
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        buffer[ISO7816.OFFSET_LC] = (byte) length;
        short whole = channel().unwrap(buffer, (short) 0, (short) (ISO7816.OFFSET_CDATA + length));
        if (level() == 0) {
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        return (short) (whole - ISO7816.OFFSET_CDATA);
    }

    /** See {@link RoleSession#wrap}. */
    short wrap(byte[] buffer, short length, short statusWord) {
        Util.setShort(buffer, length, statusWord);
        return channel().wrap(buffer, (short) 0, (short) (length + 2));
    }

    /**
     * Decrypts whole blocks in place under the DEK of the session's key set. Returns how many bytes are
     * plain: fewer than before where the domain has taken padding off, which the API lets it.
     */
    short decrypt(byte[] buffer, short offset, short length) {
        return channel().decryptData(buffer, offset, length);
    }

    /** Ends session and handshake; the channel does it by itself only at deselection. */
    void close() {
        channel().resetSecurity();
    }
}
