package unicard.application;

import javacard.framework.APDU;
import javacard.framework.ISO7816;

/** How commands come: by wire or by air, and how a data field is received. */
final class Incoming {
    private Incoming() {}

    /**
     * Whether nobody can listen from afar, by what {@code APDU.getProtocol} answers. What is not known to
     * be a wire is none: radio has several types, and a chip in a phone hears it through others.
     */
    static boolean isWired(byte protocol) {
        byte media = (byte) (protocol & APDU.PROTOCOL_MEDIA_MASK);
        return media == APDU.PROTOCOL_MEDIA_DEFAULT || media == APDU.PROTOCOL_MEDIA_USB;
    }

    /** Whether the protocol does not tell Lc from Le; what is not there must not be received. */
    static boolean isT0() {
        return (APDU.getProtocol() & APDU.PROTOCOL_TYPE_MASK) == APDU.PROTOCOL_T0;
    }

    /** Receives the data field, which may come in pieces, and puts its length in the place of Lc. */
    static short receive(APDU apdu, byte[] buffer) {
        short received = apdu.setIncomingAndReceive();
        short length = apdu.getIncomingLength();
        while (received < length) {
            received += apdu.receiveBytes((short) (ISO7816.OFFSET_CDATA + received));
        }
        buffer[ISO7816.OFFSET_LC] = (byte) length;
        return length;
    }
}
