package org.globalplatform;

import javacard.framework.AID;
import javacard.framework.ISOException;
import javacard.framework.Shareable;

/**
 * What the registry of the card holds about one application (GlobalPlatform Card 2.3.1, 6.6). An
 * application gets its own entry from {@link GPSystem#getRegistryEntry}.
 *
 * <p>The privileges are numbered as the bits of the privilege bytes are, the highest bit of the first
 * byte being 0 (2.3.1, tables 11-7 to 11-9).
 */
public interface GPRegistryEntry extends Shareable {
    byte PRIVILEGE_SECURITY_DOMAIN = (byte) 0x00;
    byte PRIVILEGE_DAP_VERIFICATION = (byte) 0x01;
    byte PRIVILEGE_DELEGATED_MANAGEMENT = (byte) 0x02;
    byte PRIVILEGE_CARD_LOCK = (byte) 0x03;
    byte PRIVILEGE_CARD_TERMINATE = (byte) 0x04;
    byte PRIVILEGE_CARD_RESET = (byte) 0x05;
    byte PRIVILEGE_CVM_MANAGEMENT = (byte) 0x06;
    byte PRIVILEGE_MANDATED_DAP = (byte) 0x07;
    byte PRIVILEGE_TRUSTED_PATH = (byte) 0x08;
    byte PRIVILEGE_AUTHORIZED_MANAGEMENT = (byte) 0x09;
    byte PRIVILEGE_TOKEN_VERIFICATION = (byte) 0x0A;
    byte PRIVILEGE_GLOBAL_DELETE = (byte) 0x0B;
    byte PRIVILEGE_GLOBAL_LOCK = (byte) 0x0C;
    byte PRIVILEGE_GLOBAL_REGISTRY = (byte) 0x0D;
    byte PRIVILEGE_FINAL_APPLICATION = (byte) 0x0E;
    byte PRIVILEGE_GLOBAL_SERVICE = (byte) 0x0F;
    byte PRIVILEGE_RECEIPT_GENERATION = (byte) 0x10;
    byte PRIVILEGE_CIPHERED_LOAD_FILE_DATA_BLOCK = (byte) 0x11;
    byte PRIVILEGE_CONTACTLESS_ACTIVATION = (byte) 0x12;
    byte PRIVILEGE_CONTACTLESS_SELF_ACTIVATION = (byte) 0x13;

    /**
     * Takes a service name back.
     *
     * @throws ISOException 6985 always: no application of this card may offer services
     */
    void deregisterService(short sServiceName) throws ISOException;

    /** AID of the application. */
    AID getAID();

    /**
     * Writes the 3 privilege bytes.
     *
     * @return sOffset + 3
     */
    short getPrivileges(byte[] baBuffer, short sOffset) throws ArrayIndexOutOfBoundsException;

    /** Life cycle state, with bit 80 while the application is locked. */
    byte getState();

    /** Whether the application belongs to this security domain. */
    boolean isAssociated(AID sdAID);

    /** Whether the application has a privilege; false for an unknown one. */
    boolean isPrivileged(byte bPrivilege);

    /**
     * Offers a service.
     *
     * @throws ISOException 6985 always: no application of this card may offer services
     */
    void registerService(short sServiceName) throws ISOException;

    /**
     * Moves the application's life cycle: to another state of its own (07 to 7F, low bits 7), or, with
     * bit 80, to LOCKED. It leads neither out of INSTALLED nor out of LOCKED.
     *
     * @return whether the state was changed
     */
    boolean setState(byte bState);
}
