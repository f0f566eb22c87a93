package unicard.runtime;

import com.licel.jcardsim.base.ApduCase;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;
import javacard.framework.APDU;
import javacard.framework.APDUException;

/**
 * An APDU object of jCardSim, filled from commands. What jCardSim gets wrong is put right here: a
 * command of 255 bytes of data with Le does not fit its buffer, extended lengths are taken as signed,
 * T=0 has no Le of its own, and answers of 257 and 258 bytes pass.
 */
final class ApduBuffer {
    /** Bytes of an answer to a command with short lengths. */
    private static final int SHORT_ANSWER = 256;
    /** Longest data field and answer that the API can speak of. */
    static final int LONGEST = Short.MAX_VALUE;
    // Places in jCardSim's variables of an APDU.
    private static final int LE = 0;
    private static final int NO_CHAINING = 2;
    /** Status words, and what a block holds besides them (APDU.setOutgoingLength). */
    private static final int STATUS_BYTES = 2;

    private final APDU apdu;
    private final boolean extended;
    private final Method reset;
    private final short[] variables;
    private final boolean[] flags;
    private byte protocol;

    ApduBuffer(APDU apdu, boolean extended) {
        this.apdu = apdu;
        this.extended = extended;
        try {
            reset = APDU.class.getDeclaredMethod("internalReset", byte.class, ApduCase.class, byte[].class);
            reset.setAccessible(true);
            variables = (short[]) field("ramVars");
            flags = (boolean[]) field("flags");
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException("this is not jCardSim's APDU class", failure);
        }
    }

    private Object field(String name) throws ReflectiveOperationException {
        Field field = APDU.class.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(apdu);
    }

    APDU apdu() {
        return apdu;
    }

    /** @param protocolByte as APDU.getProtocol answers it */
    void speak(byte protocolByte) {
        protocol = protocolByte;
        close();
    }

    /** Shows a command to the applet. Whether its lengths suit this buffer was looked at before. */
    void open(CommandApdu command, boolean toExtendedApplet) {
        ApduCase form = command.lc() == 0 ? ApduCase.Case1
                : extended ? ApduCase.Case3Extended : ApduCase.Case3;
        call(form, command.withoutTrailingLe());
        variables[LE] = (short) Math.min(expected(command, toExtendedApplet), LONGEST);
    }

    /** What setOutgoing answers: over T=0 the card sees no Le beside data, nor that one is missing. */
    private int expected(CommandApdu command, boolean toExtendedApplet) {
        if (isT0() && !command.extended() && (command.lc() != 0 || command.ne() == CommandApdu.NO_LE)) {
            return toExtendedApplet && command.lc() != 0 ? LONGEST : SHORT_ANSWER;
        }
        return command.ne();
    }

    private boolean isT0() {
        return (protocol & APDU.PROTOCOL_TYPE_MASK) == APDU.PROTOCOL_T0;
    }

    /** The applet has returned: the APDU object is nobody's. */
    void close() {
        call(null, null);
    }

    void wipe() {
        Arrays.fill(apdu.getBuffer(), (byte) 0);
    }

    /** Looks at the length of an answer when so many bytes of it have been sent. */
    void checkAnswer(int sent) {
        int most = extended ? LONGEST : SHORT_ANSWER;
        if (flags[NO_CHAINING]) {
            most = Math.min(most, isT0() ? SHORT_ANSWER : APDU.getOutBlockSize() - STATUS_BYTES);
        }
        if (sent > most) {
            APDUException.throwIt(APDUException.BAD_LENGTH);
        }
    }

    private void call(ApduCase form, byte[] command) {
        try {
            reset.invoke(apdu, protocol, form, command);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException("jCardSim's APDU class does not take the command", failure);
        }
    }
}
