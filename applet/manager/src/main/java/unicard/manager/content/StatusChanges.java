package unicard.manager.content;

import unicard.manager.Answer;
import unicard.manager.Command;
import unicard.manager.Contract.CardState;
import unicard.manager.Contract.ContentState;
import unicard.manager.state.DomainState;
import unicard.manager.state.InstanceEntry;

/** SET STATUS: the card's life cycle, and locks on applications (GlobalPlatform Card 2.3.1, 11.10). */
public final class StatusChanges {
    private static final int CARD = 0x80;

    private final Registry registry;
    private final DomainState state;

    public StatusChanges(Registry registry, DomainState state) {
        this.registry = registry;
        this.state = state;
    }

    /** SET STATUS; each change is one write. */
    public Answer change(Command command) {
        if (command.p1() == CARD) {
            move(CardState.of(command.p2()));
        } else {
            lock(registry.instance(command.data()), (command.p2() & ContentState.LOCK_BIT) != 0);
        }
        return Answer.DONE;
    }

    private void move(CardState wanted) {
        if (!state.lifeCycle().next().contains(wanted)) {
            throw Refused.conditions(); // SST-03
        }
        state.setLifeCycle(wanted);
    }

    private static void lock(InstanceEntry entry, boolean locked) {
        if (entry == null) {
            throw Refused.notThere(); // SST-06
        }
        if (entry.locked() == locked) {
            throw Refused.conditions(); // SST-05
        }
        entry.setLocked(locked);
    }
}
