package unicard.manager;

import unicard.card.CardOptions;
import unicard.manager.Contract.Instruction;
import unicard.manager.state.DomainState;
import unicard.runtime.AppletHost;
import unicard.runtime.IssuerDomain.Found;

/** What is on the card: its handlers, SELECT, and the sequences of commands that make up a load. */
final class Content {
    Content(AppletHost host, CardOptions options, DomainState state, CommandTable table) {}

    /** See {@link unicard.runtime.IssuerDomain#manufacture}. */
    void manufacture() {}

    /** See {@link unicard.runtime.IssuerDomain#restart}. */
    void restart() {}

    /** See {@link unicard.runtime.IssuerDomain#find}. */
    Found find(int p2, byte[] name, byte[] selected) {
        return null;
    }

    /** The FCI of the domain and its status word. */
    Answer select() {
        return Answer.DONE;
    }

    /**
     * Drops what commands in a row make up.
     *
     * @param except the command that has come, which may go on with its own; null: none may
     */
    void endSequences(Instruction except) {}

    /**
     * Answers a STORE DATA that INSTALL for personalization has turned to an application, which
     * looks at class, P1 P2, lengths and session by its own rules.
     *
     * @return null where no application is waiting for it
     */
    Answer forward(Command command) {
        return null;
    }
}
