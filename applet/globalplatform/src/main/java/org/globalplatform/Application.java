package org.globalplatform;

import javacard.framework.Shareable;

/**
 * An applet that is personalized through its security domain: the older interface, which answers no
 * data (GlobalPlatform Card 2.3.1, 7.3.3).
 */
public interface Application extends Shareable {
    /**
     * Takes a command that the security domain got for this application after INSTALL [for
     * personalization], with its secure messaging taken off. The application is not the selected one;
     * it judges by itself whether its state and the session's level allow the command.
     *
     * @param baBuffer the APDU buffer
     * @param sOffset where the command begins in it
     * @param sLength bytes of header, Lc and data
     * @throws javacard.framework.ISOException its reason becomes the status word; any other exception
     *     becomes 6F00. The personalization goes on
     */
    void processData(byte[] baBuffer, short sOffset, short sLength);
}
