package unicard.manager.content;

import javacard.framework.AID;
import javacard.framework.JCSystem;
import org.globalplatform.GPRegistryEntry;
import org.globalplatform.SecureChannel;
import unicard.manager.Contract.ContentState;
import unicard.manager.state.DomainState;
import unicard.manager.state.InstanceEntry;
import unicard.platform.GlobalPlatform;

/** What org.globalplatform.GPSystem asks of this card. */
public final class CardServices implements GlobalPlatform {
    private final Registry registry;
    private final DomainState state;
    private final SecureChannel channel;

    /** @param channel the domain's secure channel, as applications may use it */
    public CardServices(Registry registry, DomainState state, SecureChannel channel) {
        this.registry = registry;
        this.state = state;
        this.channel = channel;
    }

    @Override
    public byte cardState() {
        return (byte) state.lifeCycle().code;
    }

    @Override
    public byte cardContentState() {
        InstanceEntry own = own();
        return own == null ? (byte) ContentState.INSTALLED : own.getState();
    }

    @Override
    public boolean setCardContentState(byte wanted) {
        InstanceEntry own = own();
        return own != null && own.setState(wanted);
    }

    @Override
    public SecureChannel secureChannel() {
        return channel;
    }

    @Override
    public GPRegistryEntry registryEntry(AID aid) {
        InstanceEntry own = own();
        return own != null && (aid == null || aid.equals(own.getAID())) ? own : null;
    }

    /** The entry of the application in whose context the call is made; null while it has none yet. */
    private InstanceEntry own() {
        AID context = JCSystem.getAID();
        for (InstanceEntry each : registry.instances()) {
            if (context != null && context.equals(each.getAID())) {
                return each;
            }
        }
        return null;
    }
}
