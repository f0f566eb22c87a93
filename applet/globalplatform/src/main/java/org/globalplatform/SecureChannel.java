package org.globalplatform;

import javacard.framework.APDU;
import javacard.framework.ISOException;
import javacard.framework.Shareable;

/**
 * The secure channel of an application's security domain, as the application may use it
 * (GlobalPlatform Card 2.3.1, 10; Card API 1.6).
 */
public interface SecureChannel extends Shareable {
    /** No session is open. */
    byte NO_SECURITY_LEVEL = (byte) 0x00;

    /** Commands carry a MAC. */
    byte C_MAC = (byte) 0x01;

    /** Command data is encrypted. */
    byte C_DECRYPTION = (byte) 0x02;

    /** Answers carry a MAC. */
    byte R_MAC = (byte) 0x10;

    /** Answer data is encrypted. */
    byte R_ENCRYPTION = (byte) 0x20;

    /** A session is open, of another party than the application's provider. */
    byte ANY_AUTHENTICATED = (byte) 0x40;

    /** A session is open, of the application's provider. */
    byte AUTHENTICATED = (byte) 0x80;

    /**
     * Takes a command of the handshake: INITIALIZE UPDATE or EXTERNAL AUTHENTICATE. The method receives
     * its data, the applet sends the answer. INITIALIZE UPDATE first ends what was open.
     *
     * @return bytes of answer, in the APDU buffer from offset 5
     * @throws ISOException the refusal; 6D00 for another instruction, 6E00 for another class
     */
    short processSecurity(APDU apdu) throws ISOException;

    /**
     * Protects an answer, in place: its data, behind which the applet has put the status word. Where the
     * level has no R_MAC, the data stays as it is. An error is not protected either.
     *
     * @return length of the answer's data, now without status word
     * @throws ISOException 6985 where unwrapping has failed; on this card also where the command was not
     *     unwrapped, came in clear or has its answer: SCP03 has no R-MAC for it
     * @throws ArrayIndexOutOfBoundsException where the array has no room for it
     */
    short wrap(byte[] baBuffer, short sOffset, short sLength)
            throws ArrayIndexOutOfBoundsException, ISOException;

    /**
     * Checks a protected command and takes the protection off, in place: the class loses bit 04, and a
     * command without data has Lc 00. <b>Without an open session, and of a command whose class lacks bit
     * 04, nothing is checked</b>: it stays as it is, and its length comes back. So {@link
     * #getSecurityLevel} must be asked, and the bit tested, first.
     *
     * @param sLength of header, Lc and data, without Le
     * @return its new length
     * @throws ISOException 6982 where it is wrongly protected: the level is {@link #NO_SECURITY_LEVEL}
     *     from here on, and every further unwrap and wrap 6985, until {@link #resetSecurity}, another
     *     handshake or deselection
     * @throws ArrayIndexOutOfBoundsException where the command does not stand in the array
     */
    short unwrap(byte[] baBuffer, short sOffset, short sLength) throws ISOException;

    /**
     * Decrypts whole blocks under the session's DEK, in place. It looks at no padding and no checksum:
     * whether the plain data is right is for the applet to see.
     *
     * @return bytes of the plain data: as many
     * @throws ISOException 6985 without a session, 6700 for a length that is no whole blocks
     */
    short decryptData(byte[] baBuffer, short sOffset, short sLength) throws ISOException;

    /**
     * Encrypts whole blocks under the session's DEK, in place, without padding.
     *
     * @return bytes of the encrypted data: as many
     * @throws ISOException 6985 without a session, 6700 for a length that is no whole blocks
     */
    short encryptData(byte[] baBuffer, short sOffset, short sLength)
            throws ArrayIndexOutOfBoundsException;

    /** Ends the session, or what is left of it. Never fails. */
    void resetSecurity();

    /**
     * The level of the open session: {@link #AUTHENTICATED} with what of the other constants applies;
     * {@link #NO_SECURITY_LEVEL} where none is open.
     */
    byte getSecurityLevel();
}
