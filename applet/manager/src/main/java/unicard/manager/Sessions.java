package unicard.manager;

import java.util.function.IntFunction;
import java.util.function.Supplier;
import unicard.manager.Contract.Sw;
import unicard.manager.state.KeyRing;
import unicard.manager.state.KeySet;
import unicard.manager.state.SequenceCounter;
import unicard.runtime.StatusWordException;

/**
 * The card's one session, which whatever is selected shares with the issuer domain: none, a handshake,
 * open, or broken off. All of it is volatile but the sequence counters.
 */
final class Sessions {
    private static final int CLA_SECURE = Contract.Instruction.EXTERNAL_AUTHENTICATE.cla;

    private final KeyRing keys;
    private final Dialect dialect;
    private final byte[] diversification;
    private final IntFunction<byte[]> random;
    private final Supplier<byte[]> selected;
    private Handshake pending;
    private Handshake current;
    private Session session;
    private boolean aborted;

    /**
     * @param diversification the 10 bytes of diversification data
     * @param random gives so many random bytes
     * @param selected AID of what is selected
     */
    Sessions(
            KeyRing keys,
            Dialect dialect,
            byte[] diversification,
            IntFunction<byte[]> random,
            Supplier<byte[]> selected) {
        this.keys = keys;
        this.dialect = dialect;
        this.diversification = diversification;
        this.random = random;
        this.selected = selected;
    }

    Dialect dialect() {
        return dialect;
    }

    /** A command has come: a handshake can go on with it, but not with a later one. */
    void commandStarts() {
        current = pending;
        pending = null;
    }

    /** Whether INITIALIZE UPDATE came directly before the present command. */
    boolean inHandshake() {
        return current != null;
    }

    /** The open session; null where none is. */
    Session open() {
        return session;
    }

    /** Whether a session was broken off by wrong secure messaging, and not yet {@link #end}ed. */
    boolean aborted() {
        return aborted;
    }

    /** Ends everything: session, handshake, and that a session was broken off. */
    void end() {
        pending = null;
        current = null;
        session = null;
        aborted = false;
    }

    /** Wrong secure messaging: the keys are gone, and that there was a session is remembered. */
    void abort() {
        end();
        aborted = true;
    }

    /** Answers INITIALIZE UPDATE. What was open must be ended before. */
    Answer initializeUpdate(Command command) {
        if (command.data().length != dialect.size()) {
            throw new StatusWordException(Sw.WRONG_LENGTH);
        }
        KeySet set = command.p1() == 0 ? keys.firstComplete() : keys.find(command.p1());
        if (set == null || !set.isComplete()) {
            throw new StatusWordException(Sw.REFERENCED_DATA_NOT_FOUND);
        }
        byte[] sequence = dialect.pseudoRandom() ? next(set.counter()) : new byte[0];
        byte[] challenge =
                dialect.pseudoRandom()
                        ? Handshake.challenge(set.key(KeySet.ENC), sequence, selected.get(), dialect.size())
                        : random.apply(dialect.size());
        Handshake handshake = new Handshake(staticKeys(set), command.data(), challenge);
        byte[] answer =
                Bytes.join(
                        diversification,
                        Bytes.of(set.version(), Contract.Channel.PROTOCOL, dialect.i()),
                        challenge,
                        handshake.cardCryptogram(),
                        sequence);
        pending = handshake;
        return Answer.of(answer);
    }

    /** Moves the counter before anything is answered: no power cut makes a challenge come again. */
    private static byte[] next(SequenceCounter counter) {
        if (counter.value() == SequenceCounter.END) {
            throw new StatusWordException(Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        }
        counter.advance();
        return Bytes.number(counter.value(), Contract.Channel.SEQUENCE_COUNTER_LENGTH);
    }

    private static StaticKeys staticKeys(KeySet set) {
        return new StaticKeys(
                set.version(),
                set.key(KeySet.ENC).clone(),
                set.key(KeySet.MAC).clone(),
                set.key(KeySet.DEK).clone());
    }

    /** Answers EXTERNAL AUTHENTICATE {@link #inHandshake}, whose data holds cryptogram and MAC. */
    Answer externalAuthenticate(Command command) {
        Handshake handshake = current;
        current = null;
        if (command.data().length != 2 * dialect.size()) {
            throw new StatusWordException(Sw.WRONG_LENGTH);
        }
        byte[] header =
                Bytes.of(
                        CLA_SECURE,
                        command.ins(),
                        command.p1(),
                        command.p2(),
                        command.data().length);
        session = handshake.authenticate(header, command.data());
        return Answer.DONE;
    }

    /**
     * Takes the secure messaging off a command of the open session, whose class still says so.
     *
     * @throws StatusWordException 6982 where it is wrong; the session is broken off
     */
    byte[] unwrap(Command command) {
        byte[] header = Bytes.of(command.cla(), command.ins(), command.p1(), command.p2());
        try {
            return session.unwrap(header, command.data());
        } catch (StatusWordException wrong) {
            abort();
            throw wrong;
        }
    }
}
