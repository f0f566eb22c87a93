package org.globalplatform;

import javacard.framework.AID;
import unicard.platform.GlobalPlatformBinding;

/**
 * What an applet may ask of the card's management (GlobalPlatform Card 2.3.1, 6; Card API 1.6).
 *
 * <p>"The application" is the one in whose context the call is made: the selected one, the one being
 * installed, or the one that is handed data of its personalization. No application of this card has a
 * privilege, so that what needs one is refused.
 */
public class GPSystem {
    /** Life cycle of an application that cannot be selected yet. */
    public static final byte APPLICATION_INSTALLED = (byte) 0x03;

    /** Life cycle of an application that can be selected; its own states have these bits too. */
    public static final byte APPLICATION_SELECTABLE = (byte) 0x07;

    /** Bit that a locked application's life cycle has beside its state. */
    public static final byte APPLICATION_LOCKED = (byte) 0x80;

    /** Life cycle of a security domain that has its keys. */
    public static final byte SECURITY_DOMAIN_PERSONALIZED = (byte) 0x0F;

    public static final byte CARD_OP_READY = (byte) 0x01;
    public static final byte CARD_INITIALIZED = (byte) 0x07;
    public static final byte CARD_SECURED = (byte) 0x0F;
    public static final byte CARD_LOCKED = (byte) 0x7F;
    public static final byte CARD_TERMINATED = (byte) 0xFF;

    /** Number of the PIN that applications share. */
    public static final byte CVM_GLOBAL_PIN = (byte) 0x11;

    public static final byte CVM_ETSI_PIN_APP_1 = (byte) 0x01;
    public static final byte CVM_ETSI_PIN_APP_2 = (byte) 0x02;
    public static final byte CVM_ETSI_PIN_APP_3 = (byte) 0x03;
    public static final byte CVM_ETSI_PIN_APP_4 = (byte) 0x04;
    public static final byte CVM_ETSI_PIN_APP_5 = (byte) 0x05;
    public static final byte CVM_ETSI_PIN_APP_6 = (byte) 0x06;
    public static final byte CVM_ETSI_PIN_APP_7 = (byte) 0x07;
    public static final byte CVM_ETSI_PIN_APP_8 = (byte) 0x08;

    /** First bytes of service names. */
    public static final byte FAMILY_SECURE_CHANNEL = (byte) 0x81;

    public static final byte FAMILY_CVM = (byte) 0x82;
    public static final byte FAMILY_AUTHORITY = (byte) 0x83;
    public static final byte FAMILY_HTTP_ADMINISTRATION = (byte) 0x84;
    public static final byte FAMILY_HTTP_REPORT = (byte) 0x85;
    public static final byte FAMILY_USSM = (byte) 0xA0;

    /** Parameter of getShareableInterfaceObject that asks for a {@link GlobalService}. */
    public static final byte GLOBAL_SERVICE_IDENTIFIER = (byte) 0x80;

    /**
     * Life cycle of the application, with bit 80 while it is locked; {@link #APPLICATION_INSTALLED}
     * while it is being installed.
     */
    public static byte getCardContentState() {
        return GlobalPlatformBinding.card().cardContentState();
    }

    /** Life cycle of the card: one of the CARD constants. */
    public static byte getCardState() {
        return GlobalPlatformBinding.card().cardState();
    }

    /** A cardholder verification method that applications share; null: this card has none. */
    public static CVM getCVM(byte bCVMIdentifier) {
        return null;
    }

    /** The secure channel of the application's security domain; the same object each time. */
    public static SecureChannel getSecureChannel() {
        return GlobalPlatformBinding.card().secureChannel();
    }

    /** A service of another application; null: none on this card may offer one. */
    public static GlobalService getService(AID serverAID, short sServiceName) {
        return null;
    }

    /**
     * The registry entry of an application.
     *
     * @param reqAID null for the application's own
     * @return null for an application that is not there, for any other than the caller (which would
     *     need Global Registry), and while the caller is being installed
     */
    public static GPRegistryEntry getRegistryEntry(AID reqAID) {
        return GlobalPlatformBinding.card().registryEntry(reqAID);
    }

    /** Locks the card; false: it needs Card Lock. */
    public static boolean lockCard() {
        return false;
    }

    /** Terminates the card; false: it needs Card Terminate. */
    public static boolean terminateCard() {
        return false;
    }

    /** Sets the historical bytes of the ATR; false: it needs Card Reset. */
    public static boolean setATRHistBytes(byte[] baBuffer, short sOffset, byte bLength) {
        return false;
    }

    /**
     * Moves the application's life cycle: to another state of its own (07 to 7F, low bits 7), or, with
     * bit 80, to LOCKED, out of which it never leads itself. Like every persistent write it is taken
     * back with an open transaction.
     *
     * @return whether it was changed: not from INSTALLED, not while locked, not while being installed
     */
    public static boolean setCardContentState(byte bState) {
        return GlobalPlatformBinding.card().setCardContentState(bState);
    }
}
