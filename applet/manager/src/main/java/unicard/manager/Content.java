package unicard.manager;

import unicard.card.CardOptions;
import unicard.manager.Contract.Instruction;
import unicard.manager.content.CardServices;
import unicard.manager.content.Deletion;
import unicard.manager.content.Installer;
import unicard.manager.content.IssuerNumbers;
import unicard.manager.content.KnownModules;
import unicard.manager.content.Loader;
import unicard.manager.content.Personalizer;
import unicard.manager.content.Registry;
import unicard.manager.content.Selection;
import unicard.manager.content.StatusChanges;
import unicard.manager.content.StatusLists;
import unicard.manager.state.DomainState;
import unicard.platform.GlobalPlatform;
import unicard.runtime.AppletHost;
import unicard.runtime.IssuerDomain.Found;

/** What is on the card: its handlers, SELECT, and the sequences of commands that make up a load. */
final class Content {
    private final CardOptions options;
    private final DomainState state;
    private final Registry registry;
    private final Selection selection;
    private final Installer installer;
    private final Loader loader;
    private final Personalizer personalizer;
    private final IssuerNumbers numbers;
    private final StatusLists lists;

    /** @throws IllegalArgumentException where the JVM lacks the class of an applet */
    Content(AppletHost host, CardOptions options, DomainState state, CommandTable table) {
        this.options = options;
        this.state = state;
        registry = new Registry(host, state.content());
        selection = new Selection(registry, state);
        loader = new Loader(registry);
        personalizer = new Personalizer(host);
        numbers = new IssuerNumbers(registry);
        lists = new StatusLists(registry, state);
        KnownModules modules = new KnownModules(options.loadFiles());
        installer = new Installer(host, registry, modules, loader, personalizer);
        table.add(Instruction.INSTALL, installer::install);
        table.add(Instruction.LOAD, loader::load);
        table.add(Instruction.DELETE, new Deletion(host, registry)::delete);
        table.add(Instruction.STORE_DATA, numbers::store);
        table.add(Instruction.GET_STATUS, lists::status);
        table.add(Instruction.SET_STATUS, new StatusChanges(registry, state)::change);
    }

    /** What applets reach through GPSystem. */
    GlobalPlatform services(org.globalplatform.SecureChannel channel) {
        return new CardServices(registry, state, channel);
    }

    /** See {@link unicard.runtime.IssuerDomain#manufacture}. */
    void manufacture() {
        installer.manufacture(options.instances());
    }

    /** See {@link unicard.runtime.IssuerDomain#restart}. */
    void restart() {
        endSequences(null);
        registry.tidy();
    }

    /** See {@link unicard.runtime.IssuerDomain#find}. */
    Found find(int p2, byte[] name, byte[] selected) {
        return selection.find(p2, name, selected);
    }

    /** The FCI of the domain and its status word. */
    Answer select() {
        return selection.fci();
    }

    /**
     * Drops what commands in a row make up.
     *
     * @param except the command that has come, which may go on with its own; null: none may
     */
    void endSequences(Instruction except) {
        if (except != Instruction.LOAD) {
            loader.forget();
        }
        if (except != Instruction.STORE_DATA) {
            numbers.forget();
            personalizer.forget();
        }
        if (except != Instruction.GET_STATUS) {
            lists.forget();
        }
    }

    /**
     * Answers a STORE DATA that INSTALL for personalization has turned to an application, which
     * looks at class, P1 P2, lengths and session by its own rules.
     *
     * @return null where no application is waiting for it
     */
    Answer forward(Command command) {
        return personalizer.forward(command);
    }
}
