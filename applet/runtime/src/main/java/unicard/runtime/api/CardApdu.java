package unicard.runtime.api;

import com.licel.jcardsim.base.ApduCase;
import com.licel.jcardsim.base.SimulatorSystem;
import java.util.Arrays;
import javacard.framework.APDUException;
import unicard.runtime.ApduPort;

/**
 * Stands in for {@code javacard.framework.APDU} (Java Card 3.0.5 API). jCardSim's own shows data before
 * it is received, does not take 255 bytes with Le, and checks lengths and bounds against 258.
 *
 * <p>Data comes in one piece. A command with short lengths has an answer of at most 256 bytes.
 */
public final class CardApdu implements ApduPort {
    public static final byte STATE_INITIAL = 0;
    public static final byte STATE_PARTIAL_INCOMING = 1;
    public static final byte STATE_FULL_INCOMING = 2;
    public static final byte STATE_OUTGOING = 3;
    public static final byte STATE_OUTGOING_LENGTH_KNOWN = 4;
    public static final byte STATE_PARTIAL_OUTGOING = 5;
    public static final byte STATE_FULL_OUTGOING = 6;
    public static final byte STATE_ERROR_NO_T0_GETRESPONSE = -1;
    public static final byte STATE_ERROR_T1_IFD_ABORT = -2;
    public static final byte STATE_ERROR_IO = -3;
    public static final byte STATE_ERROR_NO_T0_REISSUE = -4;
    public static final byte PROTOCOL_MEDIA_MASK = -16;
    public static final byte PROTOCOL_TYPE_MASK = 15;
    public static final byte PROTOCOL_T0 = 0;
    public static final byte PROTOCOL_T1 = 1;
    public static final byte PROTOCOL_MEDIA_DEFAULT = 0;
    public static final byte PROTOCOL_MEDIA_CONTACTLESS_TYPE_A = -128;
    public static final byte PROTOCOL_MEDIA_CONTACTLESS_TYPE_B = -112;
    public static final byte PROTOCOL_MEDIA_USB = -96;
    public static final byte PROTOCOL_MEDIA_CONTACTLESS_TYPE_F = -80;
    public static final byte PROTOCOL_MEDIA_HCI_APDU_GATE = -64;

    private static final int HEADER = 5;
    private static final int EXTENDED_HEADER = 7;
    private static final int SHORT_ANSWER = 256;
    private static final int STATUS_BYTES = 2;
    private static final byte[] NOTHING = {};

    private final byte[] buffer;
    private final boolean extended;
    private byte[] data = NOTHING;
    private byte protocol;
    private byte state;
    private short expected;
    private int left;
    private boolean open;
    private boolean incoming;
    private boolean received;
    private boolean outgoing;
    private boolean lengthKnown;
    private boolean chaining;

    /** jCardSim's runtime makes one of each kind. */
    CardApdu(boolean extended) {
        this.extended = extended;
        buffer = new byte[extended ? EXTENDED_HEADER + Short.MAX_VALUE : HEADER + SHORT_ANSWER];
    }

    /** jCardSim's runtime looks for it; this one fills the object through {@link ApduPort}. */
    private void internalReset(byte newProtocol, ApduCase form, byte[] command) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void speak(byte newProtocol) {
        protocol = newProtocol;
    }

    @Override
    public void open(byte[] header, byte[] command, short le) {
        System.arraycopy(header, 0, buffer, 0, header.length);
        data = command;
        expected = le;
        state = STATE_INITIAL;
        open = true;
    }

    @Override
    public void close() {
        Arrays.fill(buffer, (byte) 0);
        data = NOTHING;
        open = false;
        incoming = false;
        received = false;
        outgoing = false;
        lengthKnown = false;
        chaining = true;
    }

    private static CardApdu current() {
        return (CardApdu) (Object) SimulatorSystem.instance().getCurrentAPDU();
    }

    public static CardApdu getCurrentAPDU() {
        CardApdu apdu = current();
        if (!apdu.open) {
            throw new SecurityException("no command is being processed");
        }
        return apdu;
    }

    public static byte[] getCurrentAPDUBuffer() {
        return getCurrentAPDU().getBuffer();
    }

    public byte[] getBuffer() {
        return buffer;
    }

    public static byte getProtocol() {
        return current().protocol;
    }

    public static short getInBlockSize() {
        return (short) (current().isT0() ? 1 : 254);
    }

    public static short getOutBlockSize() {
        return (short) (current().isT0() ? SHORT_ANSWER + STATUS_BYTES : 254);
    }

    private boolean isT0() {
        return (protocol & PROTOCOL_TYPE_MASK) == PROTOCOL_T0;
    }

    public byte getNAD() {
        return 0;
    }

    public static byte getCLAChannel() {
        return 0;
    }

    public byte getCurrentState() {
        return state;
    }

    public static void waitExtension() {
        demand(current().open && current().chaining);
    }

    public boolean isCommandChainingCLA() {
        return (buffer[0] & 0x10) != 0;
    }

    public boolean isSecureMessagingCLA() {
        return (buffer[0] & ((buffer[0] & 0x40) != 0 ? 0x20 : 0x0C)) != 0;
    }

    public boolean isISOInterindustryCLA() {
        return buffer[0] >= 0;
    }

    public boolean isValidCLA() {
        return buffer[0] != (byte) 0xFF && (buffer[0] & 0xE0) != 0x20;
    }

    private static void demand(boolean allowed) {
        if (!allowed) {
            APDUException.throwIt(APDUException.ILLEGAL_USE);
        }
    }

    // ---- Data that comes

    public short setIncomingAndReceive() {
        demand(!incoming && !outgoing);
        incoming = true;
        boolean isOnlyLe = isT0() && !extended && data.length == 0 && buffer[HEADER - 1] != 0;
        if (isOnlyLe) { // a card asks for P3 bytes, and none come
            APDUException.throwIt(APDUException.IO_ERROR);
        }
        return receiveBytes(getOffsetCdata());
    }

    public short receiveBytes(short bOff) {
        demand(incoming && !outgoing);
        int length = received ? 0 : data.length;
        if (bOff < 0 || bOff + length > buffer.length) {
            APDUException.throwIt(APDUException.BUFFER_BOUNDS);
        }
        System.arraycopy(data, 0, buffer, bOff, length);
        received = true;
        state = STATE_FULL_INCOMING;
        return (short) length;
    }

    public short getIncomingLength() {
        demand(incoming && !outgoing);
        return (short) data.length;
    }

    public short getOffsetCdata() {
        demand(incoming && !outgoing);
        return (short) (extended ? EXTENDED_HEADER : HEADER);
    }

    // ---- Data that goes

    public short setOutgoing() {
        demand(!outgoing);
        outgoing = true;
        state = STATE_OUTGOING;
        return expected;
    }

    public short setOutgoingNoChaining() {
        short le = setOutgoing();
        chaining = false;
        return extended && isT0() ? (short) Math.min(le, SHORT_ANSWER) : le;
    }

    public void setOutgoingLength(short len) {
        demand(outgoing && !lengthKnown);
        if (len < 0 || len > mostToSend()) {
            APDUException.throwIt(APDUException.BAD_LENGTH);
        }
        lengthKnown = true;
        left = len;
        state = STATE_OUTGOING_LENGTH_KNOWN;
    }

    private int mostToSend() {
        int most = extended ? Short.MAX_VALUE : SHORT_ANSWER;
        if (chaining) {
            return most;
        }
        return Math.min(most, isT0() ? SHORT_ANSWER : getOutBlockSize() - STATUS_BYTES);
    }

    public void sendBytes(short bOff, short len) {
        if (bOff < 0 || len < 0 || bOff + len > buffer.length) {
            APDUException.throwIt(APDUException.BUFFER_BOUNDS);
        }
        send(buffer, bOff, len);
    }

    public void sendBytesLong(byte[] outData, short bOff, short len) {
        if (bOff < 0 || len < 0 || bOff + len > outData.length) {
            throw new ArrayIndexOutOfBoundsException();
        }
        send(outData, bOff, len);
    }

    private void send(byte[] source, short offset, short length) {
        demand(lengthKnown && length <= left);
        if (length > 0) {
            SimulatorSystem.instance().sendAPDU(source, offset, length);
            left -= length;
            state = left == 0 ? STATE_FULL_OUTGOING : STATE_PARTIAL_OUTGOING;
        }
    }

    public void setOutgoingAndSend(short bOff, short len) {
        setOutgoing();
        setOutgoingLength(len);
        sendBytes(bOff, len);
    }
}
