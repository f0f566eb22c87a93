package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.ECPrivateKey;
import javacard.security.Signature;

/** INTERNAL AUTHENTICATE: the signed answer to a challenge, which can say who was verified. */
final class Proof {
    private static final short CHALLENGE_AND_SERVICE = 17;

    /** P2, and the kind that is signed. */
    private static final byte PRESENCE = 1;

    /**
     * Where the message is put together: behind the longest answer. Its end, from what was verified on, is
     * the beginning of the answer.
     */
    private static final short MESSAGE = 100;

    private final Persistent lasting;
    private final Transient ram;
    private final Objects objects;
    private final Signature signature;

    Proof(Persistent lasting, Transient ram, Objects objects) {
        this.lasting = lasting;
        this.ram = ram;
        this.objects = objects;
        signature = Signature.getInstance(Signature.ALG_ECDSA_SHA_256, false);
    }

    /** Signs with this key: command in the buffer, answer from offset 0; returns its length. */
    short give(byte[] buffer, ECPrivateKey key) {
        byte kind = buffer[ISO7816.OFFSET_P2];
        byte verified = ram.state[Transient.VERIFIED];
        if (kind == PRESENCE && verified == 0) {
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        short end = Util.setShort(buffer, MESSAGE, Contract.PROOF_DOMAIN_TAG);
        end = Util.setShort(buffer, end, Contract.PROOF_DOMAIN_TAG_END);
        buffer[end++] = kind;
        end = Util.arrayCopyNonAtomic(buffer, ISO7816.OFFSET_CDATA, buffer, end, CHALLENGE_AND_SERVICE);
        short stated = end;
        buffer[end++] = verified;
        end += objects.copy(Contract.TAG_CARD_SERIAL, buffer, end);
        end = Util.arrayCopyNonAtomic(lasting.newest, (short) 0, buffer, end, (short) lasting.newest.length);
        short length = Util.arrayCopyNonAtomic(buffer, stated, buffer, (short) 0, (short) (end - stated));
        if (kind == PRESENCE) {
            ram.state[Transient.VERIFIED] = 0;
        }
        signature.init(key, Signature.MODE_SIGN);
        return (short) (length + signature.sign(buffer, MESSAGE, (short) (end - MESSAGE), buffer, length));
    }
}
