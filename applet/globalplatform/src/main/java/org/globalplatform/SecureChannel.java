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
     * Takes a command of the handshake (INITIALIZE UPDATE or EXTERNAL AUTHENTICATE).
     *
     * @return bytes of answer, in the APDU buffer from offset 5
     * @throws ISOException the refusal; 6D00 for another instruction, 6E00 for another class
     */
    short processSecurity(APDU apdu) throws ISOException;

    /**
     * Protects an answer: data, then status word.
     *
     * @return its new length
     */
    short wrap(byte[] baBuffer, short sOffset, short sLength)
            throws ArrayIndexOutOfBoundsException, ISOException;

    /**
     * Checks a protected command and takes the protection off. Without an open session, and for a
     * class without bit 04, nothing is checked and nothing changed.
     *
     * @return its new length
     */
    short unwrap(byte[] baBuffer, short sOffset, short sLength) throws ISOException;

    /**
     * Decrypts data under the session's DEK, in place; it checks nothing.
     *
     * @return bytes of the plain data, padding included
     */
    short decryptData(byte[] baBuffer, short sOffset, short sLength) throws ISOException;

    /**
     * Encrypts data under the session's DEK, in place.
     *
     * @return bytes of the encrypted data
     */
    short encryptData(byte[] baBuffer, short sOffset, short sLength)
            throws ArrayIndexOutOfBoundsException;

    /** Ends the session. */
    void resetSecurity();

    /** The security level of the open session, out of the constants above. */
    byte getSecurityLevel();
}
