package unicard.manager;

import java.util.HexFormat;
import java.util.List;
import javacard.framework.SystemException;
import unicard.card.CardOptions;
import unicard.manager.Contract.Instruction;
import unicard.manager.Contract.Sw;
import unicard.manager.state.DomainState;
import unicard.manager.state.KeySet;
import unicard.platform.GlobalPlatformBinding;
import unicard.runtime.AppletHost;
import unicard.runtime.IssuerDomain;
import unicard.runtime.StatusWordException;

/** The issuer security domain: takes each command through the contract's order of checks. */
public final class CardManager implements IssuerDomain {
    private final Settings settings;
    private final DomainState state;
    private final CommandTable table = new CommandTable();
    private final AppletHost host;
    private final Sessions sessions;
    private final AppletChannel channel;
    private final Content content;

    /**
     * Makes the domain of one card.
     *
     * @throws IllegalArgumentException where {@link CardOptions#domainSettings} do not fit
     */
    public CardManager(AppletHost host, CardOptions options) {
        this.host = host;
        state = newState();
        settings = Settings.of(options.domainSettings());
        sessions =
                new Sessions(
                        state.keys(),
                        settings.dialect(),
                        settings.chipSerial(),
                        host::random,
                        host::selected);
        content = new Content(host, options, state, table);
        table.add(Instruction.INITIALIZE_UPDATE, sessions::initializeUpdate);
        table.add(Instruction.EXTERNAL_AUTHENTICATE, sessions::externalAuthenticate);
        table.add(Instruction.SELECT, CardManager::selectInSession);
        table.add(Instruction.GET_DATA, new DomainData(state, settings)::get);
        new KeyCommands(state.keys(), sessions, host::collect).addTo(table);
        channel = new AppletChannel(sessions, state);
        GlobalPlatformBinding.bind(content.services(channel));
    }

    private static DomainState newState() {
        try {
            return new DomainState();
        } catch (SystemException full) {
            throw tooSmall(full);
        }
    }

    private static IllegalArgumentException tooSmall(SystemException full) {
        return new IllegalArgumentException("persistentBytes: too few for a card manager", full);
    }

    /** @throws IllegalArgumentException where the persistent memory has no room for what belongs there */
    @Override
    public void manufacture() {
        byte[] key = settings.key();
        try {
            KeySet factory = new KeySet(settings.keyVersion(), key.clone(), key.clone(), key.clone(), null);
            state.keys().put(List.of(factory));
            content.manufacture();
        } catch (SystemException full) {
            throw tooSmall(full);
        }
    }

    @Override
    public void restart() {
        sessions.end();
        content.restart();
    }

    @Override
    public byte[] aid() {
        return HexFormat.of().parseHex(Contract.Aid.ISD);
    }

    @Override
    public Found find(int p2, byte[] name, byte[] selected) {
        return content.find(p2, name, selected);
    }

    @Override
    public byte[] select() {
        return content.select().bytes();
    }

    @Override
    public void commandStarts() {
        sessions.commandStarts();
        channel.commandStarts();
    }

    @Override
    public void deselect() {
        sessions.end();
        content.endSequences(null);
    }

    @Override
    public void interrupted() {
        content.endSequences(null);
    }

    @Override
    public byte[] process(byte[] command) {
        try {
            return run(ApduBytes.parse(command)).bytes();
        } catch (StatusWordException refused) {
            content.endSequences(null);
            return Answer.word(refused.statusWord()).bytes();
        }
    }

    /** Looks at secure messaging, then runs the command; throws what is refused before that. */
    private Answer run(Command command) {
        boolean isSecure = (command.cla() & ApduBytes.SECURE) != 0;
        if (is(Instruction.SELECT, command)) {
            throw new StatusWordException(selectRefusal(command));
        }
        boolean isProprietary = command.cla() >= 0x80;
        if (isProprietary && command.ins() == Instruction.INITIALIZE_UPDATE.ins) {
            sessions.end();
        }
        if (sessions.open() != null) {
            return runInSession(command, isSecure);
        }
        boolean finishes = isProprietary && command.ins() == Instruction.EXTERNAL_AUTHENTICATE.ins;
        if (isSecure && !finishes) {
            throw new StatusWordException(Sw.SECURITY_STATUS_NOT_SATISFIED);
        }
        return execute(command);
    }

    private static boolean is(Instruction instruction, Command command) {
        return command.cla() == instruction.cla && command.ins() == instruction.ins;
    }

    /** Only a SELECT that is none by name comes here. */
    private int selectRefusal(Command command) {
        if (!Instruction.SELECT.states.contains(state.lifeCycle())) {
            return Sw.CONDITIONS_OF_USE_NOT_SATISFIED;
        }
        Checks.parameters(Instruction.SELECT, command);
        return Sw.APPLICATION_NOT_FOUND;
    }

    private static Answer selectInSession(Command command) {
        throw new StatusWordException(Sw.SECURE_MESSAGING_NOT_SUPPORTED);
    }

    private Answer runInSession(Command command, boolean isSecure) {
        if (!isSecure) {
            sessions.end();
            throw new StatusWordException(Sw.SECURITY_STATUS_NOT_SATISFIED);
        }
        Session session = sessions.open();
        byte[] plain = sessions.unwrap(command);
        int cla = command.cla() & ~ApduBytes.SECURE;
        return session.wrap(
                execute(new Command(cla, command.ins(), command.p1(), command.p2(), plain, command.ne())));
    }

    /** Runs a command without its secure messaging; a refusal comes back as an answer. */
    private Answer execute(Command command) {
        try {
            Instruction instruction = CommandTable.find(command);
            content.endSequences(instruction);
            Answer forwarded = instruction == Instruction.STORE_DATA ? forward(command) : null;
            if (forwarded != null) {
                return forwarded;
            }
            Checks.check(instruction, command, state.lifeCycle(), sessions);
            return table.handle(instruction, command);
        } catch (StatusWordException refused) {
            content.endSequences(null);
            return Answer.word(refused.statusWord());
        } catch (SystemException full) {
            content.endSequences(null);
            return memoryRefusal(full);
        }
    }

    /** The memory was full: what was begun is given back. */
    private Answer memoryRefusal(SystemException failure) {
        if (failure.getReason() != SystemException.NO_RESOURCE) {
            throw failure;
        }
        host.collect();
        return Answer.word(Sw.NOT_ENOUGH_MEMORY);
    }

    /** What an application that STORE DATA goes to answers, its refusal too, which ends nothing. */
    private Answer forward(Command command) {
        try {
            return content.forward(command);
        } catch (StatusWordException refused) {
            return Answer.word(refused.statusWord());
        }
    }
}
