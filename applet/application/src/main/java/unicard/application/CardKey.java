package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.ECPrivateKey;
import javacard.security.ECPublicKey;
import javacard.security.KeyPair;

/**
 * The key pair that proves that the card is genuine: P-256, made in the card. Making one can be torn, so
 * that it is made in the pair that is spare, and one byte then says which is the card's.
 */
final class CardKey {
    /** Values of {@code Persistent.cardPair}; else the number of the pair and one. */
    private static final byte NONE = 0;

    /** P1 of GENERATE ASYMMETRIC KEY PAIR: make a pair; otherwise its public key is asked for. */
    private static final byte MAKE = (byte) 0x80;

    /** The public key's template, which holds the point (ISO/IEC 7816-8:2021). */
    private static final short TEMPLATE = 0x7F49;
    private static final byte POINT = (byte) 0x86;
    private static final byte POINT_LENGTH = 65;

    private final Persistent lasting;
    private final Session session;
    private final Proof proof;

    CardKey(Persistent lasting, Transient ram, Session session, Objects objects) {
        this.lasting = lasting;
        this.session = session;
        proof = new Proof(lasting, ram, objects);
    }

    /** Whether a pair has been made. */
    boolean exists() {
        return lasting.cardPair != NONE;
    }

    /** GENERATE ASYMMETRIC KEY PAIR: command in the buffer, answer from offset 0; returns its length. */
    short generate(byte[] buffer, short length) {
        if (buffer[ISO7816.OFFSET_P1] == MAKE) {
            if (!session.mayWrite()) {
                ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
            }
            make();
        }
        if (!exists()) {
            ISOException.throwIt(Contract.SW_REFERENCED_DATA_NOT_FOUND);
        }
        short end = Util.setShort(buffer, (short) 0, TEMPLATE);
        buffer[end++] = POINT_LENGTH + 2;
        buffer[end++] = POINT;
        buffer[end++] = POINT_LENGTH;
        return (short) (end + publicKey(pair()).getW(buffer, end));
    }

    private void make() {
        short spare = spare();
        KeyPair pair = lasting.cardPairs[spare];
        lasting.sparePairUsed = true;
        P256.set(publicKey(pair));
        P256.set(privateKey(pair));
        pair.genKeyPair();
        lasting.cardPair = (byte) (spare + 1);
        repair();
    }

    private KeyPair pair() {
        return lasting.cardPairs[(short) (lasting.cardPair - 1)];
    }

    /** Number of the pair that is not the card's. */
    private short spare() {
        return (short) (lasting.cardPair == 1 ? 1 : 0);
    }

    private static ECPublicKey publicKey(KeyPair pair) {
        return (ECPublicKey) pair.getPublic();
    }

    private static ECPrivateKey privateKey(KeyPair pair) {
        return (ECPrivateKey) pair.getPrivate();
    }

    /** INTERNAL AUTHENTICATE: as {@link #generate}. */
    short authenticate(byte[] buffer, short length) {
        return proof.give(buffer, privateKey(pair()));
    }

    /** Erases what a torn generation left, but for a public key, which is no secret; at SELECT. */
    void repair() {
        if (lasting.sparePairUsed) {
            lasting.cardPairs[spare()].getPrivate().clearKey();
            lasting.sparePairUsed = false;
        }
    }

    /** Erases the private keys; at termination. */
    void erase() {
        if (exists() || lasting.sparePairUsed) {
            lasting.cardPairs[0].getPrivate().clearKey();
            lasting.cardPairs[1].getPrivate().clearKey();
            lasting.sparePairUsed = false;
            lasting.cardPair = NONE;
        }
    }
}
