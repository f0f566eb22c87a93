package unicard.manager;

import java.security.MessageDigest;
import java.util.Arrays;
import unicard.manager.Contract.Sw;
import unicard.runtime.StatusWordException;

/** An open SCP03 session, the card's end (Amendment D, 6.2.4 to 6.2.7). */
final class Session {
    /** Bits of the security level. */
    static final int C_MAC = 0x01;

    static final int C_ENC = 0x02;
    static final int R_MAC = 0x10;
    static final int R_ENC = 0x20;

    private static final byte[] NOTHING = {};

    /** Session keys. */
    record Keys(Aes enc, Aes mac, Aes rmac) {}

    private final int level;
    private final int size;
    private final Keys keys;
    private final Aes dek;
    private int version;
    private byte[] chain;
    private int count;
    private int lastCount = Integer.MAX_VALUE;

    /** @param chain the whole MAC of EXTERNAL AUTHENTICATE */
    Session(StaticKeys opened, int level, int size, Keys keys, byte[] chain) {
        this.level = level;
        this.size = size;
        this.keys = keys;
        this.chain = chain;
        version = opened.version();
        dek = new Aes(opened.dek());
    }

    /** Security level: P1 of EXTERNAL AUTHENTICATE. */
    int level() {
        return level;
    }

    /** Version of the key set that opened the session, also after it got another one. */
    int version() {
        return version;
    }

    /** PUT KEY gave the set another version; the session goes on with the keys that opened it. */
    void follow(int newVersion) {
        version = newVersion;
    }

    /** Key-DEK, which encrypts keys and other secrets, each with ICV 0. */
    Aes dek() {
        return dek;
    }

    /** Makes the encryption counter end here; no ICV is ever used twice. */
    void endsAfter(int last) {
        lastCount = last;
    }

    /**
     * Checks and decrypts a command.
     *
     * @param header CLA with its secure messaging bit, INS, P1, P2
     * @param body data field
     * @return the plain data
     * @throws StatusWordException 6982 where anything is wrong; the session must end
     */
    byte[] unwrap(byte[] header, byte[] body) {
        int length = body.length - size;
        if (length < 0) {
            throw wrong();
        }
        byte[] data = Arrays.copyOf(body, length);
        byte[] mac = keys.mac.cmac(chain, header, Bytes.of(body.length), data);
        if (!MessageDigest.isEqual(Bytes.tail(body, length), Arrays.copyOf(mac, size))) {
            throw wrong();
        }
        chain = mac;
        return (level & C_ENC) != 0 ? decrypted(data) : data;
    }

    private byte[] decrypted(byte[] data) {
        if (count == lastCount) {
            throw wrong();
        }
        count++;
        if (data.length == 0) {
            return data;
        }
        byte[] plain = data.length % Aes.BLOCK == 0 ? Aes.unpad(keys.enc.cbcDecrypt(icv(0), data)) : null;
        if (plain == null) {
            throw wrong();
        }
        return plain;
    }

    /** The ICV of this command (first byte 00) or of its answer (80). */
    private byte[] icv(int first) {
        byte[] counter = Bytes.number(count, Aes.BLOCK);
        counter[0] = (byte) first;
        return keys.enc.block(counter);
    }

    /** Protects the answer to the command that was unwrapped last; errors carry neither data nor MAC. */
    Answer wrap(Answer answer) {
        if (!isProtected(answer.sw())) {
            return Answer.word(answer.sw());
        }
        return new Answer(wrap(answer.data(), answer.sw()), answer.sw());
    }

    /** Data and MAC of an answer whose status word {@link #isProtected}. */
    byte[] wrap(byte[] plain, int sw) {
        byte[] data = plain;
        if ((level & R_ENC) != 0 && data.length > 0) {
            data = keys.enc.cbcEncrypt(icv(0x80), Aes.pad(data));
        }
        byte[] mac = NOTHING;
        if ((level & R_MAC) != 0) {
            mac = Arrays.copyOf(keys.rmac.cmac(chain, data, Bytes.number(sw, 2)), size);
        }
        return Bytes.join(data, mac);
    }

    /** Whether a status word is one whose answers carry a MAC: 9000, 62xx, 63xx. */
    static boolean isProtected(int sw) {
        return sw == Sw.SUCCESS || sw >> 8 == 0x62 || sw >> 8 == 0x63;
    }

    private static StatusWordException wrong() {
        return new StatusWordException(Sw.SECURITY_STATUS_NOT_SATISFIED);
    }
}
