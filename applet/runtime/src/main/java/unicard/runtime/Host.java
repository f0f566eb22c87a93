package unicard.runtime;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import javacard.framework.AppletEvent;
import javacard.framework.Applet;
import unicard.card.AppletModule;
import unicard.card.Wiring;

/** What the issuer domain asks of this card. */
final class Host implements AppletHost {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final PersistentMemory memory;
    private final TransientHeap heap;
    private final CardRuntime runtime;
    private final AppletCalls calls;
    private final byte[] parameters = Installation.parameterBuffer();
    private final List<Object> roots = new ArrayList<>();
    private Wiring wiring;
    private String lastInstalled = "an application";

    Host(PersistentMemory memory, TransientHeap heap, CardRuntime runtime, AppletCalls calls) {
        this.memory = memory;
        this.heap = heap;
        this.runtime = runtime;
        this.calls = calls;
        memory.registerVolatile(parameters);
        memory.lend(parameters);
    }

    /** Declares what keeps persistent objects alive, besides the statics of applet classes. */
    void keeps(Object root) {
        roots.add(root);
    }

    void wire(Wiring now) {
        wiring = now;
    }

    /** The class that was to be installed last, for messages. */
    String lastInstalled() {
        return lastInstalled;
    }

    @Override
    public Applet install(AppletModule module, byte[] instance, byte[] data) {
        lastInstalled = module.className();
        memory.attempt();
        try {
            return new Installation(runtime, calls, instance).run(module, data, parameters);
        } catch (StatusWordException refusal) {
            memory.giveUp();
            collect();
            throw refusal;
        }
    }

    @Override
    public void uninstall(byte[] aid, Applet applet) {
        if (applet instanceof AppletEvent event) {
            calls.run(Application.of(runtime.aidObject(aid), aid, applet), null, event::uninstall);
        }
    }

    @Override
    public byte[] personalize(byte[] aid, Applet applet, byte[] command) {
        return new PersonalizationCall(runtime, calls).run(aid, applet, command);
    }

    @Override
    public byte[] selected() {
        Application selected = runtime.selected();
        return selected == null ? new byte[0] : selected.bytes().clone();
    }

    @Override
    public byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    @Override
    public void atomically(BooleanSupplier change) {
        memory.atomically(change);
    }

    @Override
    public void collect() {
        heap.reclaim(memory.reclaim(roots)::contains);
    }

    @Override
    public int freePersistent() {
        return memory.free();
    }

    @Override
    public boolean contactless() {
        return wiring == Wiring.CONTACTLESS;
    }
}
