package unicard.runtime;

import java.util.Arrays;
import javacard.framework.APDU;

/** One of the two APDU objects, and how commands are shown in it. */
final class ApduBuffer {
    /** Longest data field and answer that the API can speak of. */
    static final int LONGEST = Short.MAX_VALUE;
    private static final int SHORT_ANSWER = 256;

    private final APDU apdu;
    private final ApduPort port;
    private byte protocol;

    /** @param apdu a {@code unicard.runtime.api.CardApdu}, which this card defines as APDU */
    ApduBuffer(APDU apdu) {
        this.apdu = apdu;
        port = (ApduPort) (Object) apdu;
        port.close();
    }

    APDU apdu() {
        return apdu;
    }

    /** @param protocolByte as APDU.getProtocol answers it */
    void speak(byte protocolByte) {
        protocol = protocolByte;
        port.speak(protocol);
    }

    void open(CommandApdu command, boolean toExtendedApplet) {
        byte[] header = Arrays.copyOf(command.bytes(), command.dataOffset());
        short expected = (short) Math.min(expected(command, toExtendedApplet), LONGEST);
        port.open(header, command.data(), expected);
    }

    /** What setOutgoing answers: over T=0 the card sees no Le beside data, nor that one is missing. */
    private int expected(CommandApdu command, boolean toExtendedApplet) {
        boolean unseen = command.lc() != 0 || command.ne() == CommandApdu.NO_LE;
        if ((protocol & APDU.PROTOCOL_TYPE_MASK) == APDU.PROTOCOL_T0 && !command.extended() && unseen) {
            return toExtendedApplet && command.lc() != 0 ? LONGEST : SHORT_ANSWER;
        }
        return command.ne();
    }

    void close() {
        port.close();
    }
}
