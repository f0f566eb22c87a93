package unicard.application;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/**
 * Takes each command through the contract's order of checks: class, secure messaging, instruction,
 * state, session, P1 P2, Lc. What is left for the handlers is the data. The form of the lengths, other
 * logical channels and SELECT by name are the platform's.
 */
final class Commands {
    private static final byte SECURE = 0x04;
    private static final byte CHAINED = 0x10;
    /** Bits that no class of the application has, and those that a class of ISO/IEC 7816-4 has not. */
    private static final byte NO_BITS = 0x7B;
    private static final byte NO_CLASS = 0x60;
    private static final short NOT_RECEIVED = -1;

    private final Session session;
    private final Channel channel;
    private final LifeCycle lifeCycle;
    private final Handlers handlers;
    private final HeaderChecks header;

    Commands(Session session, Channel channel, LifeCycle lifeCycle, Handlers handlers) {
        this.session = session;
        this.channel = channel;
        this.lifeCycle = lifeCycle;
        this.handlers = handlers;
        header = new HeaderChecks(session);
    }

    /** Runs a command that is no SELECT by name; the answer stands from offset 0, its length comes back. */
    short run(APDU apdu) {
        byte[] buffer = apdu.getBuffer();
        handlers.commandComes(buffer);
        byte pending = channel.takePending();
        if (!is(buffer, Contract.INS_EXTERNAL_AUTHENTICATE)) {
            channel.drop(pending);
            pending = Transient.NONE;
        }
        byte cla = buffer[ISO7816.OFFSET_CLA];
        boolean stores = buffer[ISO7816.OFFSET_INS] == Contract.INS_STORE_DATA && (cla & NO_BITS) == 0;
        try {
            return checked(apdu, buffer, pending);
        } catch (ISOException refused) {
            short reason = refused.getReason(); // of an object that the domain may use as well
            channel.drop(pending);
            if (stores) {
                handlers.endStream();
            }
            ISOException.throwIt(reason);
            return 0;
        }
    }

    /**
     * Runs a STORE DATA that the issuer's domain got in its own session, and answers as {@link #run}. The
     * session is the domain's: the applet neither opens nor ends it.
     */
    short personalize(byte[] buffer, short length) {
        channel.lend(true);
        try {
            short answered = stored(buffer, length);
            channel.lend(false);
            return answered;
        } catch (ISOException refused) {
            channel.lend(false);
            handlers.endStream();
            throw refused;
        }
    }

    private short stored(byte[] buffer, short length) {
        byte state = lifeCycle.stateBit();
        boolean stores = is(buffer, Contract.INS_STORE_DATA);
        require(stores && state != 0, Contract.SW_INSTRUCTION_NOT_SUPPORTED);
        short row = CommandTable.find(Contract.INS_STORE_DATA);
        header.check(buffer, row, state, Transient.NONE, false);
        CommandTable.checkLength(row, buffer[ISO7816.OFFSET_P1], buffer[ISO7816.OFFSET_P2], length);
        return handlers.store(buffer, length);
    }

    /** Whether this is GlobalPlatform's command of this instruction, right or wrong. */
    private static boolean is(byte[] buffer, byte instruction) {
        return buffer[ISO7816.OFFSET_CLA] < 0 && buffer[ISO7816.OFFSET_INS] == instruction;
    }

    private short checked(APDU apdu, byte[] buffer, byte pending) {
        checkClass(buffer[ISO7816.OFFSET_CLA]);
        boolean selects =
                buffer[ISO7816.OFFSET_CLA] == 0
                        && buffer[ISO7816.OFFSET_INS] == Contract.INS_SELECT;
        require(selects || lifeCycle.stateBit() != 0, Contract.SW_INSTRUCTION_NOT_SUPPORTED);
        if (is(buffer, Contract.INS_INITIALIZE_UPDATE)) {
            channel.close();
        }
        boolean finishes = is(buffer, Contract.INS_EXTERNAL_AUTHENTICATE);
        if (finishes) {
            handlers.endVerification();
        }
        boolean isSecure = (buffer[ISO7816.OFFSET_CLA] & SECURE) != 0;
        if (session.isOpen() && isSecure) {
            short length = channel.unwrap(buffer, Incoming.receive(apdu, buffer));
            buffer[ISO7816.OFFSET_CLA] &= (byte) ~SECURE;
            return plain(apdu, buffer, pending, length);
        }
        if (session.isOpen() && !selects) {
            channel.close();
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        require(!isSecure || finishes, Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        return plain(apdu, buffer, pending, NOT_RECEIVED);
    }

    private static void checkClass(byte cla) {
        if ((cla & NO_BITS) == 0) {
            return;
        }
        boolean chained = (cla & NO_CLASS) == 0 && (cla & CHAINED) != 0;
        ISOException.throwIt(
                chained ? Contract.SW_COMMAND_CHAINING_NOT_SUPPORTED : Contract.SW_CLASS_NOT_SUPPORTED);
    }

    /** Goes on where the command is plain: unwrapped, or in clear and not received yet. */
    private short plain(APDU apdu, byte[] buffer, byte pending, short length) {
        boolean unwrapped = length != NOT_RECEIVED;
        short row = CommandTable.find(buffer[ISO7816.OFFSET_INS]);
        byte cla = CommandTable.classOf(row);
        byte plainClass = unwrapped ? (byte) (cla & ~SECURE) : cla;
        require(buffer[ISO7816.OFFSET_CLA] == plainClass, Contract.SW_CLASS_NOT_SUPPORTED);
        boolean selects = buffer[ISO7816.OFFSET_INS] == Contract.INS_SELECT;
        byte state = selects ? Contract.IN_BLANK : lifeCycle.stateBit(); // SELECT is taken in every one
        header.check(buffer, row, state, pending, selects && unwrapped);
        if (buffer[ISO7816.OFFSET_INS] == Contract.INS_INITIALIZE_UPDATE) {
            boolean isRole = isRole(buffer[ISO7816.OFFSET_P1]);
            return isRole ? beginRole(apdu, buffer, state) : channel.beginIssuer(apdu);
        }
        if (buffer[ISO7816.OFFSET_INS] == Contract.INS_EXTERNAL_AUTHENTICATE) {
            return finish(apdu, buffer, pending);
        }
        if (!unwrapped) {
            boolean isLe = Incoming.isT0() && !CommandTable.hasData(row);
            length = isLe ? 0 : Incoming.receive(apdu, buffer);
        }
        CommandTable.checkLength(row, buffer[ISO7816.OFFSET_P1], buffer[ISO7816.OFFSET_P2], length);
        return handlers.run(buffer, length);
    }

    /** A BLANK card opens no role session, whatever the length and whether the slot has keys. */
    private short beginRole(APDU apdu, byte[] buffer, byte state) {
        require(state != Contract.IN_BLANK, Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
        return channel.beginRole(buffer, Incoming.receive(apdu, buffer));
    }

    private static boolean isRole(byte version) {
        short number = (short) (version & 0xFF);
        return number >= Contract.SLOT_A_FIRST && number <= Contract.SLOT_B_LAST;
    }

    private short finish(APDU apdu, byte[] buffer, byte pending) {
        if (pending == Transient.PENDING_ISSUER) {
            channel.finishIssuer(apdu);
            return 0;
        }
        require(buffer[ISO7816.OFFSET_P1] == (byte) Contract.ROLE_LEVEL, Contract.SW_INCORRECT_P1_P2);
        channel.finishRole(buffer, Incoming.receive(apdu, buffer));
        return 0;
    }

    private static void require(boolean holds, short statusWord) {
        CommandTable.require(holds, statusWord);
    }
}
