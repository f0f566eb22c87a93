package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacardx.crypto.Cipher;

/**
 * Protection of the commands and answers of a role session (Amendment D 1.1.2, 6.2.4 to 6.2.7): S8, level
 * 33. The session keys are made by {@link RoleSession}.
 */
final class SecureMessaging {
    /** Bytes of a MAC, a challenge and a cryptogram: S8. */
    static final short MAC = Contract.MAC_LENGTH;

    /** Places in the channel's memory: the MAC chaining value, a counter block, the newest MAC. */
    private static final short CHAIN = 0;
    private static final short COUNTER = (short) (CHAIN + Aes.BLOCK);
    private static final short NEWEST = (short) (COUNTER + Aes.BLOCK);
    /** Where the memory of this class ends. */
    static final short END = (short) (NEWEST + Aes.BLOCK);
    /** Place of the count in the counter block: its last two bytes. */
    private static final short COUNT = (short) (NEWEST - 2);

    /** First byte of an answer's counter block. */
    private static final byte ANSWER = (byte) 0x80;
    private static final byte PADDING = (byte) 0x80;
    /** Bit of the class byte. */
    private static final byte SECURE = 0x04;

    private final Transient ram;
    private final byte[] channel;
    private final Aes aes;

    SecureMessaging(Transient ram, Aes aes) {
        this.ram = ram;
        this.aes = aes;
        channel = ram.channel;
    }

    /** Begins with the chaining value and the count of a new session, which are zeros. */
    void begin() {
        Util.arrayFillNonAtomic(channel, (short) 0, END, (byte) 0);
    }

    /**
     * Whether the C-MAC that stands behind the first {@code length} bytes of the buffer is theirs; the chain
     * goes on if so.
     */
    boolean isNext(byte[] buffer, short length) {
        aes.begin(ram.mac, channel, CHAIN);
        aes.mac(buffer, (short) 0, length, channel, NEWEST);
        if (!Aes.isAlike(channel, NEWEST, buffer, length, MAC)) {
            return false;
        }
        Util.arrayCopyNonAtomic(channel, NEWEST, channel, CHAIN, Aes.BLOCK);
        return true;
    }

    /** As {@link RoleSession#unwrap}. */
    short unwrap(byte[] buffer, short length) {
        short encrypted = (short) (length - MAC);
        if (encrypted < 0 || (encrypted & (Aes.BLOCK - 1)) != 0) {
            refuse();
        }
        short count = Util.getShort(channel, COUNT);
        if (count == Contract.LIMIT_ROLE_SESSION_COMMANDS) {
            refuse();
        }
        if (!isNext(buffer, (short) (ISO7816.OFFSET_CDATA + encrypted))) {
            refuse();
        }
        Util.setShort(channel, COUNT, (short) (count + 1));
        short clear = encrypted;
        if (encrypted > 0) {
            crypt(Cipher.MODE_DECRYPT, (byte) 0, buffer, ISO7816.OFFSET_CDATA, encrypted);
            clear = withoutPadding(buffer, encrypted);
        }
        buffer[ISO7816.OFFSET_CLA] &= (byte) ~SECURE;
        buffer[ISO7816.OFFSET_LC] = (byte) clear;
        return clear;
    }

    /** Length of the data without its padding, one byte 80 and bytes 00. */
    private static short withoutPadding(byte[] buffer, short length) {
        short end = (short) (ISO7816.OFFSET_CDATA + length - 1);
        while (end > ISO7816.OFFSET_CDATA && buffer[end] == 0) {
            end--;
        }
        if (buffer[end] != PADDING) {
            refuse();
        }
        return (short) (end - ISO7816.OFFSET_CDATA);
    }

    /** As {@link RoleSession#wrap}. */
    short wrap(byte[] buffer, short length, short statusWord) {
        short end = length;
        if (length > 0) {
            end = (short) ((length & ~(Aes.BLOCK - 1)) + Aes.BLOCK);
            Util.arrayFillNonAtomic(buffer, length, (short) (end - length), (byte) 0);
            buffer[length] = PADDING;
            crypt(Cipher.MODE_ENCRYPT, ANSWER, buffer, (short) 0, end);
        }
        Util.setShort(buffer, end, statusWord);
        aes.begin(ram.rmac, channel, CHAIN);
        aes.mac(buffer, (short) 0, (short) (end + 2), channel, NEWEST);
        Util.arrayCopyNonAtomic(channel, NEWEST, buffer, end, MAC);
        return (short) (end + MAC);
    }

    /** Encrypts or decrypts with the ICV of this command or, by its first byte, of its answer. */
    private void crypt(byte mode, byte first, byte[] data, short offset, short length) {
        AESKey key = ram.enc;
        channel[COUNTER] = first;
        aes.cbc(key, mode, channel, COUNTER, data, offset, length);
    }

    private static void refuse() {
        ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
    }
}
