package unicard.application;

import javacard.framework.Util;
import javacard.security.MessageDigest;

/** Secrets in data groupings: encrypted under the DEK, with a check value of their own inside. */
final class Secrets {
    /** Bytes of transient memory that checking needs: an SHA-256. */
    static final short MEMORY = MessageDigest.LENGTH_SHA_256;

    private static final byte PADDING = (byte) 0x80;

    private final Session session;
    private final byte[] digest;
    private final MessageDigest sha;

    /** @param sha SHA-256 that also works while another application is selected */
    Secrets(Session session, Transient ram, MessageDigest sha) {
        this.session = session;
        this.sha = sha;
        digest = ram.digest;
    }

    /**
     * Decrypts a grouping's content in its place; whether the secret, so many bytes from its start, is
     * followed by its check value and padding. Only the APDU buffer may be given to the session: a
     * content that lies elsewhere is decrypted at the end of it.
     */
    boolean open(short tag, short secret, byte[] content, short at, short length, byte[] buffer) {
        short plain;
        if (content == buffer) {
            plain = session.decrypt(buffer, at, length);
        } else {
            short end = (short) ((short) buffer.length - length);
            Util.arrayCopyNonAtomic(content, at, buffer, end, length);
            plain = session.decrypt(buffer, end, length);
            Util.arrayCopyNonAtomic(buffer, end, content, at, length);
            Util.arrayFillNonAtomic(buffer, end, length, (byte) 0);
        }
        short check = (short) (at + secret);
        short padding = (short) (check + DataTables.SECRET_CHECK);
        Util.setShort(digest, (short) 0, tag);
        sha.reset();
        sha.update(digest, (short) 0, (short) 2);
        sha.doFinal(content, at, secret, digest, (short) 0);
        boolean isWhole =
                plain == length
                        ? isPadding(content, padding, (short) (at + length))
                        : plain == (short) (padding - at); // the domain has looked at the padding
        return isWhole
                && Util.arrayCompare(digest, (short) 0, content, check, DataTables.SECRET_CHECK) == 0;
    }

    /** ISO/IEC 9797-1, method 2: at least the byte 80. */
    private static boolean isPadding(byte[] content, short at, short end) {
        if (at >= end || content[at] != PADDING) {
            return false;
        }
        for (short i = (short) (at + 1); i < end; i++) {
            if (content[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
