package unicard.manager;

import java.security.MessageDigest;
import java.util.Arrays;
import unicard.manager.Contract.Sw;
import unicard.runtime.StatusWordException;

/** A session between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE (Amendment D, 6.2). */
final class Handshake {
    private static final int CARD_CRYPTOGRAM = 0x00;
    private static final int HOST_CRYPTOGRAM = 0x01;
    private static final int CARD_CHALLENGE = 0x02;
    private static final int S_ENC = 0x04;
    private static final int S_MAC = 0x06;
    private static final int S_RMAC = 0x07;

    private final StaticKeys keys;
    private final int size;
    private final byte[] context;
    private final Aes sMac;

    /** @param hostChallenge as long as the card's: 8 bytes in S8, 16 in S16 */
    Handshake(StaticKeys keys, byte[] hostChallenge, byte[] cardChallenge) {
        this.keys = keys;
        size = cardChallenge.length;
        context = Bytes.join(hostChallenge, cardChallenge);
        sMac = new Aes(new Aes(keys.mac()).derive(S_MAC, keys.mac().length, context));
    }

    /** A pseudo-random card challenge (Amendment D, 6.2.2.1). */
    static byte[] challenge(byte[] keyEnc, byte[] sequence, byte[] aid, int size) {
        return new Aes(keyEnc).derive(CARD_CHALLENGE, size, Bytes.join(sequence, aid));
    }

    byte[] cardCryptogram() {
        return sMac.derive(CARD_CRYPTOGRAM, size, context);
    }

    /**
     * Opens the session.
     *
     * @param header of EXTERNAL AUTHENTICATE: CLA, INS, P1 (the level), P2, Lc
     * @param body host cryptogram and MAC, together twice the size of a challenge
     * @throws StatusWordException 6300 for another cryptogram, 6982 for another MAC
     */
    Session authenticate(byte[] header, byte[] body) {
        byte[] cryptogram = Arrays.copyOf(body, size);
        if (!MessageDigest.isEqual(cryptogram, sMac.derive(HOST_CRYPTOGRAM, size, context))) {
            throw new StatusWordException(Sw.AUTHENTICATION_FAILED);
        }
        byte[] mac = sMac.cmac(new byte[Aes.BLOCK], header, cryptogram);
        byte[] came = Arrays.copyOfRange(body, size, body.length);
        if (!MessageDigest.isEqual(came, Arrays.copyOf(mac, size))) {
            throw new StatusWordException(Sw.SECURITY_STATUS_NOT_SATISFIED);
        }
        Aes sEnc = new Aes(new Aes(keys.enc()).derive(S_ENC, keys.enc().length, context));
        Aes sRmac = new Aes(new Aes(keys.mac()).derive(S_RMAC, keys.mac().length, context));
        return new Session(keys, header[2], size, new Session.Keys(sEnc, sMac, sRmac), mac);
    }
}
