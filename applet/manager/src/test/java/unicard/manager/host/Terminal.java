package unicard.manager.host;

import static unicard.manager.host.Hex.bytes;
import static unicard.manager.host.Hex.hex;
import static unicard.manager.host.Hex.join;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import javax.crypto.Cipher;

/** A terminal that talks to one card, in clear or in a session of its own making. */
public final class Terminal {
    private static final byte[] ISD = hex("A000000151000000");

    private final UnaryOperator<byte[]> card;
    private final int size;
    private Keys keys;
    private boolean padsEmpty;
    private byte[] hostChallenge;
    private byte[] offer = {};
    private byte[] enc;
    private byte[] mac;
    private byte[] rmac;
    private byte[] chain;
    private int level;
    private int count;

    /** @param size bytes of challenges and MACs: 8 in S8, 16 in S16 */
    public Terminal(UnaryOperator<byte[]> card, Keys keys, int size) {
        this.card = card;
        this.keys = keys;
        this.size = size;
    }

    public Terminal(UnaryOperator<byte[]> card) {
        this(card, Keys.TEST, 8);
    }

    public Terminal with(Keys other) {
        keys = other;
        return this;
    }

    /** Whether commands without data bring a block of padding under C-ENC. */
    public void padsEmpty(boolean pads) {
        padsEmpty = pads;
    }

    public Keys keys() {
        return keys;
    }

    public int size() {
        return size;
    }

    /** Sends bytes as they are. */
    public Reply raw(byte[] command) {
        return Reply.of(card.apply(command));
    }

    public Reply raw(String command) {
        return raw(hex(command));
    }

    public Reply select(byte[] aid) {
        level = 0;
        return raw(join(bytes(0, 0xA4, 4, 0, aid.length), aid));
    }

    public Reply selectDomain() {
        return select(ISD);
    }

    /** INITIALIZE UPDATE; the session keys are those of its answer. */
    public byte[] initialize(int version) {
        level = 0;
        hostChallenge = new byte[size];
        for (int i = 0; i < size; i++) {
            hostChallenge[i] = (byte) (7 * i + 1);
        }
        Reply reply = raw(join(bytes(0x80, 0x50, version, 0, size), hostChallenge, bytes(0)));
        expect(reply.sw() == 0x9000, "INITIALIZE UPDATE: " + reply);
        offer = reply.data();
        byte[] context = join(hostChallenge, Arrays.copyOfRange(offer, 13, 13 + size));
        int length = keys.enc().length;
        enc = Crypto.derive(keys.enc(), 0x04, length, context);
        mac = Crypto.derive(keys.mac(), 0x06, length, context);
        rmac = Crypto.derive(keys.mac(), 0x07, length, context);
        byte[] came = Arrays.copyOfRange(offer, 13 + size, 13 + 2 * size);
        expect(Arrays.equals(came, Crypto.derive(mac, 0x00, size, context)), "card cryptogram");
        return offer;
    }

    public byte[] hostCryptogram() {
        byte[] context = join(hostChallenge, Arrays.copyOfRange(offer, 13, 13 + size));
        return Crypto.derive(mac, 0x01, size, context);
    }

    /** EXTERNAL AUTHENTICATE as it must be. */
    public byte[] externalAuthenticate(int securityLevel) {
        chain = new byte[16];
        byte[] head = bytes(0x84, 0x82, securityLevel, 0, 2 * size);
        byte[] cryptogram = hostCryptogram();
        return join(head, cryptogram, Arrays.copyOf(chained(join(head, cryptogram)), size));
    }

    private byte[] chained(byte[] covered) {
        chain = Crypto.cmac(mac, join(chain, covered));
        return chain;
    }

    /** Opens a session. */
    public Terminal open(int version, int securityLevel) {
        initialize(version);
        Reply reply = raw(externalAuthenticate(securityLevel));
        expect(reply.sw() == 0x9000, "EXTERNAL AUTHENTICATE: " + reply);
        level = securityLevel;
        count = 0;
        return this;
    }

    /** Protects a command of the session; it counts. */
    public byte[] wrap(int cla, int ins, int p1, int p2, byte[] data) {
        byte[] body = data;
        count++;
        if ((level & 0x02) != 0 && (data.length > 0 || padsEmpty)) {
            body = Crypto.cbc(Cipher.ENCRYPT_MODE, enc, icv(0), Crypto.pad(data));
        }
        return sealed(cla, ins, p1, p2, body);
    }

    private byte[] sealed(int cla, int ins, int p1, int p2, byte[] body) {
        byte[] head = bytes(cla | 4, ins, p1, p2, body.length + size);
        byte[] signed = Arrays.copyOf(chained(join(head, body)), size);
        return join(head, body, signed, bytes(0));
    }

    /** A command with a right MAC over any body; it counts. */
    public byte[] signed(int cla, int ins, int p1, int p2, byte[] body) {
        count++;
        return sealed(cla, ins, p1, p2, body);
    }

    /** Whole blocks as the next command would encrypt them. */
    public byte[] encrypted(byte[] plain) {
        count++;
        byte[] body = Crypto.cbc(Cipher.ENCRYPT_MODE, enc, icv(0), plain);
        count--;
        return body;
    }

    private byte[] icv(int first) {
        byte[] block = Crypto.number(BigInteger.valueOf(count), 16);
        block[0] = (byte) first;
        return Crypto.encrypt(enc, block);
    }

    /** Checks and opens an answer of the session. */
    public Reply unwrap(Reply reply) {
        boolean isProtected = reply.sw() == 0x9000 || reply.sw() >> 8 == 0x62 || reply.sw() >> 8 == 0x63;
        if (!isProtected || (level & 0x10) == 0) {
            expect(isProtected || reply.data().length == 0, "an error with data");
            return reply;
        }
        int end = reply.data().length - size;
        expect(end >= 0, "an answer without R-MAC: " + reply);
        byte[] data = Arrays.copyOf(reply.data(), end);
        byte[] covered = join(chain, data, bytes(reply.sw() >> 8, reply.sw()));
        byte[] came = Arrays.copyOfRange(reply.data(), end, end + size);
        expect(Arrays.equals(came, Arrays.copyOf(Crypto.cmac(rmac, covered), size)), "R-MAC");
        if ((level & 0x20) != 0 && end > 0) {
            data = unpadded(Crypto.cbc(Cipher.DECRYPT_MODE, enc, icv(0x80), data));
        }
        return new Reply(data, reply.sw());
    }

    private static byte[] unpadded(byte[] padded) {
        int end = padded.length;
        do {
            end--;
        } while (padded[end] == 0);
        expect(padded[end] == (byte) 0x80, "padding of the answer");
        return Arrays.copyOf(padded, end);
    }

    /** Sends a command, protected where a session is open. */
    public Reply send(int cla, int ins, int p1, int p2, byte... data) {
        if (level == 0) {
            byte[] head = bytes(cla, ins, p1, p2);
            return raw(data.length == 0 ? join(head, bytes(0)) : join(head, bytes(data.length), data, bytes(0)));
        }
        return unwrap(raw(wrap(cla, ins, p1, p2, data)));
    }

    public int word(int cla, int ins, int p1, int p2, byte... data) {
        return send(cla, ins, p1, p2, data).sw();
    }

    /** A block of PUT KEY, with the length of the key before its cryptogram or without. */
    public byte[] block(byte[] key, boolean inner) {
        byte[] body = Crypto.encrypt(keys.dek(), Arrays.copyOf(key, (key.length + 15) / 16 * 16));
        body = inner ? join(bytes(key.length), body) : body;
        return join(bytes(0x88, body.length), body, bytes(3), Crypto.checkValue(key));
    }

    /** PUT KEY of single keys. */
    public Reply put(int version, int replaces, int first, byte[]... added) {
        byte[] data = bytes(version);
        for (byte[] key : added) {
            data = join(data, block(key, true));
        }
        return send(0x80, 0xD8, replaces, first | (added.length > 1 ? 0x80 : 0), data);
    }

    /** PUT KEY of a whole set. */
    public Reply put(int version, int replaces, Keys added) {
        return put(version, replaces, 1, added.enc(), added.mac(), added.dek());
    }

    /** DELETE KEY. */
    public int delete(String reference) {
        return word(0x80, 0xE4, 0, 0, hex(reference));
    }

    private static void expect(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
