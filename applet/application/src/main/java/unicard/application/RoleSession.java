package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.RandomData;

/**
 * SCP03 of role sessions (Amendment D 1.1.2): AES-128, S8, i = 60, level 33, with the application's own
 * keys. The card's side only; keeps its session keys and counters in transient memory.
 */
final class RoleSession {
    /** What a derivation is for (Amendment D 1.1.2, table 4-1). */
    private static final byte CARD_CRYPTOGRAM = 0x00;
    private static final byte HOST_CRYPTOGRAM = 0x01;
    private static final byte S_ENC = 0x04;
    private static final byte S_MAC = 0x06;
    private static final byte S_RMAC = 0x07;

    private static final byte KEY_BITS = (byte) 0x80;
    private static final byte CRYPTOGRAM_BITS = 0x40;

    /** Places in the channel's memory: what is derived from (4.1.5), what comes of it, the role. */
    private static final short LABEL = SecureMessaging.END;
    private static final short CONSTANT = (short) (LABEL + 11);
    private static final short BITS = (short) (LABEL + 14);
    private static final short ITERATION = (short) (LABEL + 15);
    static final short HOST_CHALLENGE = (short) (LABEL + 16);
    static final short CARD_CHALLENGE = (short) (HOST_CHALLENGE + SecureMessaging.MAC);
    private static final short DERIVED = (short) (CARD_CHALLENGE + SecureMessaging.MAC);
    private static final short ROLE = (short) (DERIVED + Aes.BLOCK);

    /** Transient bytes for sessions. */
    static final short MEMORY = (short) (ROLE + 1);

    private final Transient ram;
    private final byte[] channel;
    private final RoleKeys keys;
    private final Objects objects;
    private final Aes aes;
    private final SecureMessaging messages;
    private final RandomData random;

    @SuppressWarnings("deprecation") // the random generator that every card has
    RoleSession(Transient ram, RoleKeys keys, Objects objects, Aes aes) {
        this.ram = ram;
        this.keys = keys;
        this.objects = objects;
        this.aes = aes;
        channel = ram.channel;
        messages = new SecureMessaging(ram, aes);
        random = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);
    }

    /**
     * INITIALIZE UPDATE (Amendment D 1.1.2, 7.1.1): begins a session with the slot of key version P1. Reads
     * the host challenge of the command in the buffer, writes the answer from offset 0 and returns its
     * length. Throws 6700 unless there are 8 bytes of challenge, 6A88 where the slot is empty. The life cycle
     * has been looked at.
     */
    short initializeUpdate(byte[] buffer, short length) {
        if (length != SecureMessaging.MAC) {
            ISOException.throwIt(Contract.SW_WRONG_LENGTH);
        }
        byte version = buffer[ISO7816.OFFSET_P1];
        short slot = keys.find(version);
        if (slot == RoleKeys.NO_SLOT) {
            ISOException.throwIt(Contract.SW_REFERENCED_DATA_NOT_FOUND);
        }
        Util.arrayCopyNonAtomic(buffer, ISO7816.OFFSET_CDATA, channel, HOST_CHALLENGE, SecureMessaging.MAC);
        draw();
        begin(slot);
        short end = objects.copy(Contract.TAG_CARD_SERIAL, buffer, (short) 0);
        buffer[end++] = RoleKeys.role(version);
        buffer[end++] = keys.master(slot);
        buffer[end++] = version;
        buffer[end++] = (byte) Contract.SCP;
        buffer[end++] = (byte) Contract.ROLE_I;
        end = Util.arrayCopyNonAtomic(channel, CARD_CHALLENGE, buffer, end, SecureMessaging.MAC);
        derive(ram.mac, CARD_CRYPTOGRAM, CRYPTOGRAM_BITS);
        return Util.arrayCopyNonAtomic(channel, DERIVED, buffer, end, SecureMessaging.MAC);
    }

    @SuppressWarnings("deprecation") // every card has it
    private void draw() {
        random.generateData(channel, CARD_CHALLENGE, SecureMessaging.MAC);
    }

    /** Makes the session keys of a slot's keys and both challenges (Amendment D 1.1.2, 6.2.1). */
    void begin(short slot) {
        messages.begin();
        Util.arrayFillNonAtomic(channel, LABEL, Aes.BLOCK, (byte) 0);
        channel[ITERATION] = 1;
        channel[ROLE] = RoleKeys.role(slot);
        makeKey(keys.enc(slot), S_ENC, ram.enc);
        makeKey(keys.mac(slot), S_MAC, ram.mac);
        makeKey(keys.mac(slot), S_RMAC, ram.rmac);
    }

    private void makeKey(AESKey from, byte constant, AESKey to) {
        derive(from, constant, KEY_BITS);
        to.setKey(channel, DERIVED);
        Util.arrayFillNonAtomic(channel, DERIVED, Aes.BLOCK, (byte) 0);
    }

    /** Derives up to 16 bytes: one block of CMAC in counter mode (SP 800-108; Amendment D 1.1.2, 4.1.5). */
    private void derive(AESKey key, byte constant, byte bits) {
        channel[CONSTANT] = constant;
        channel[BITS] = bits;
        aes.begin(key, channel, LABEL);
        aes.mac(channel, HOST_CHALLENGE, Aes.BLOCK, channel, DERIVED);
    }

    /**
     * Checks host cryptogram, then C-MAC, of the whole EXTERNAL AUTHENTICATE in the buffer (P1 and length
     * have been looked at); from then on the session is open. Throws 6300, 6982.
     */
    void externalAuthenticate(byte[] buffer) {
        derive(ram.mac, HOST_CRYPTOGRAM, CRYPTOGRAM_BITS);
        if (!Aes.isAlike(channel, DERIVED, buffer, ISO7816.OFFSET_CDATA, SecureMessaging.MAC)) {
            ISOException.throwIt(Contract.SW_AUTHENTICATION_FAILED);
        }
        if (!messages.isNext(buffer, (short) (ISO7816.OFFSET_CDATA + SecureMessaging.MAC))) {
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
    }

    /** The role of the open session, 0 to 15. */
    byte role() {
        return channel[ROLE];
    }

    /**
     * Checks and opens the protected command in the buffer (5 bytes of header, then {@code length} bytes of
     * data with the MAC), clears the class bit, and returns the length of the clear data, which stand from
     * byte 5. Throws 6982; the caller then closes the session.
     */
    short unwrap(byte[] buffer, short length) {
        return messages.unwrap(buffer, length);
    }

    /**
     * Protects an answer of 9000, 62xx or 63xx: encrypts {@code length} bytes from offset 0 of the buffer and
     * appends the R-MAC. Returns the new length, without status word.
     */
    short wrap(byte[] buffer, short length, short statusWord) {
        return messages.wrap(buffer, length, statusWord);
    }

    /** Forgets keys and counters. */
    void close() {
        ram.enc.clearKey();
        ram.mac.clearKey();
        ram.rmac.clearKey();
        Util.arrayFillNonAtomic(channel, (short) 0, MEMORY, (byte) 0);
    }
}
