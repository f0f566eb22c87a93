package unicard.manager;

import java.util.Arrays;
import javacard.framework.APDU;
import javacard.framework.ISOException;
import org.globalplatform.SecureChannel;
import unicard.manager.Contract.Instruction;
import unicard.manager.Contract.Sw;
import unicard.manager.state.DomainState;
import unicard.runtime.StatusWordException;
import unicard.runtime.TornArrays;

/**
 * The secure channel as applets have it. It does what the API's text says, where that surprises too;
 * see {@link SecureChannel}.
 */
final class AppletChannel implements SecureChannel {
    private static final int HEADER = 5;
    private static final int PROPRIETARY = 0x80;

    private final Sessions sessions;
    private final DomainState state;
    private boolean unwrapped;

    AppletChannel(Sessions sessions, DomainState state) {
        this.sessions = sessions;
        this.state = state;
    }

    /** A command has come; none was unwrapped yet. */
    void commandStarts() {
        unwrapped = false;
    }

    @Override
    public short processSecurity(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        int cla = buffer[0] & 0xFF;
        int ins = buffer[1] & 0xFF;
        boolean begins = ins == Instruction.INITIALIZE_UPDATE.ins;
        boolean finishes = ins == Instruction.EXTERNAL_AUTHENTICATE.ins;
        require((cla & PROPRIETARY) != 0, Sw.CLASS_NOT_SUPPORTED);
        require(begins || finishes, Sw.INSTRUCTION_NOT_SUPPORTED);
        if (begins) {
            sessions.end();
        }
        byte[] data = received(apdu);
        Command command = new Command(cla, ins, buffer[2] & 0xFF, buffer[3] & 0xFF, data, 0);
        byte[] answer;
        try {
            answer = handshake(begins ? Instruction.INITIALIZE_UPDATE : Instruction.EXTERNAL_AUTHENTICATE, command);
        } catch (StatusWordException refused) {
            throw iso(refused.statusWord());
        }
        TornArrays.copyNonAtomic(answer, 0, buffer, HEADER, answer.length);
        return (short) answer.length;
    }

    /** The data field; the applet may have received it already. */
    private static byte[] received(APDU apdu) {
        if (apdu.getCurrentState() == APDU.STATE_INITIAL) {
            apdu.setIncomingAndReceive();
        }
        byte[] buffer = apdu.getBuffer();
        int from = apdu.getOffsetCdata();
        return Arrays.copyOfRange(buffer, from, from + (apdu.getIncomingLength() & 0xFFFF));
    }

    private byte[] handshake(Instruction instruction, Command command) {
        boolean secureBegin = instruction == Instruction.INITIALIZE_UPDATE && command.cla() != instruction.cla;
        Checks.require(!secureBegin, Sw.SECURITY_STATUS_NOT_SATISFIED);
        Checks.require(command.cla() == instruction.cla, Sw.CLASS_NOT_SUPPORTED);
        Checks.require(instruction.states.contains(state.lifeCycle()), Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        if (instruction == Instruction.INITIALIZE_UPDATE) {
            Checks.parameters(instruction, command);
            return sessions.initializeUpdate(command).data();
        }
        Checks.handshake(command, sessions);
        Checks.parameters(instruction, command);
        return sessions.externalAuthenticate(command).data();
    }

    @Override
    public short unwrap(byte[] buffer, short offset, short length) {
        byte[] command = part(buffer, offset, length);
        unwrapped = false;
        require(!sessions.aborted(), Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        boolean isSecure = length > 0 && (command[0] & ApduBytes.SECURE) != 0;
        if (sessions.open() == null || !isSecure) {
            return length;
        }
        byte[] plain = plain(command);
        byte[] head = Arrays.copyOf(command, HEADER);
        head[0] &= ~ApduBytes.SECURE;
        head[HEADER - 1] = (byte) plain.length;
        TornArrays.copyNonAtomic(Bytes.join(head, plain), 0, buffer, offset, HEADER + plain.length);
        unwrapped = true;
        return (short) (HEADER + plain.length);
    }

    /** The data of a protected command; the session is broken off where anything is wrong with it. */
    private byte[] plain(byte[] command) {
        if (command.length < HEADER || (command[HEADER - 1] & 0xFF) != command.length - HEADER) {
            sessions.abort();
            throw iso(Sw.SECURITY_STATUS_NOT_SATISFIED);
        }
        int[] header = {command[0] & 0xFF, command[1] & 0xFF, command[2] & 0xFF, command[3] & 0xFF};
        byte[] data = Bytes.tail(command, HEADER);
        try {
            return sessions.unwrap(new Command(header[0], header[1], header[2], header[3], data, 0));
        } catch (StatusWordException wrong) {
            throw iso(wrong.statusWord());
        }
    }

    @Override
    public short wrap(byte[] buffer, short offset, short length) {
        require(length >= 2, Sw.WRONG_LENGTH);
        int plainLength = length - 2;
        byte[] plain = part(buffer, offset, plainLength);
        byte[] word = part(buffer, offset + plainLength, 2);
        require(!sessions.aborted(), Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        int sw = (word[0] & 0xFF) << 8 | word[1] & 0xFF;
        Session session = sessions.open();
        boolean isBare = session == null || (session.level() & Session.R_MAC) == 0;
        if (isBare || !Session.isProtected(sw)) {
            return (short) plainLength;
        }
        require(unwrapped, Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        unwrapped = false;
        byte[] answer = session.wrap(plain, sw);
        TornArrays.copyNonAtomic(answer, 0, buffer, offset, answer.length);
        return (short) answer.length;
    }

    @Override
    public short decryptData(byte[] buffer, short offset, short length) {
        Aes dek = dek(length);
        byte[] plain = dek.cbcDecrypt(new byte[Aes.BLOCK], part(buffer, offset, length));
        TornArrays.copyNonAtomic(plain, 0, buffer, offset, length);
        return length;
    }

    @Override
    public short encryptData(byte[] buffer, short offset, short length) {
        Aes dek = dek(length);
        byte[] encrypted = dek.cbcEncrypt(new byte[Aes.BLOCK], part(buffer, offset, length));
        TornArrays.copyNonAtomic(encrypted, 0, buffer, offset, length);
        return length;
    }

    /** Key-DEK of the open session, for data of whole blocks. */
    private Aes dek(int length) {
        Session session = sessions.open();
        require(session != null, Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        require(length >= 0 && length % Aes.BLOCK == 0, Sw.WRONG_LENGTH);
        return session.dek();
    }

    @Override
    public void resetSecurity() {
        unwrapped = false;
        sessions.end();
    }

    @Override
    public byte getSecurityLevel() {
        Session session = sessions.open();
        return session == null ? NO_SECURITY_LEVEL : (byte) (AUTHENTICATED | session.level());
    }

    private static void require(boolean holds, int sw) {
        if (!holds) {
            throw iso(sw);
        }
    }

    /** Throws the refusal as applets know it; never returns. */
    private static RuntimeException iso(int sw) {
        ISOException.throwIt((short) sw);
        throw new IllegalStateException("throwIt came back");
    }

    /** A copy of what stands there. */
    private static byte[] part(byte[] array, int from, int length) {
        if (from < 0 || length < 0 || length > array.length - from) {
            throw new ArrayIndexOutOfBoundsException(from + length);
        }
        return Arrays.copyOfRange(array, from, from + length);
    }
}
