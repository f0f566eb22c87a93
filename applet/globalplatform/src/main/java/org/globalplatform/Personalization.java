package org.globalplatform;

import javacard.framework.Shareable;

/**
 * An applet that is personalized through its security domain and may answer data (GlobalPlatform
 * Card 2.3.1, 7.3.3). Where an applet has both interfaces, this one is called.
 */
public interface Personalization extends Shareable {
    /**
     * Takes a command that the security domain got for this application after INSTALL [for
     * personalization], with its secure messaging taken off. The application is not the selected one;
     * it judges by itself whether its state and the session's level allow the command.
     *
     * @param inBuffer a global array with the command
     * @param inOffset where the command begins in it
     * @param inLength bytes of header, Lc and data
     * @param outBuffer a global array for the answer; it may be {@code inBuffer}
     * @param outOffset where the answer begins in it
     * @return bytes of answer, without status word
     * @throws javacard.framework.ISOException its reason becomes the status word; any other exception
     *     becomes 6F00. The personalization goes on
     */
    short processData(byte[] inBuffer, short inOffset, short inLength, byte[] outBuffer, short outOffset);
}
