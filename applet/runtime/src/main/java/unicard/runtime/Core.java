package unicard.runtime;

import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javacard.framework.APDU;
import unicard.card.AppletInstaller;
import unicard.card.AppletModule;
import unicard.card.CardCore;
import unicard.card.CardHungException;
import unicard.card.CardOptions;
import unicard.card.InstallException;
import unicard.card.Measures;
import unicard.card.PowerCutException;
import unicard.card.Wiring;

/** A card, seen from outside: power, commands, measures. */
public final class Core implements CardCore, AppletInstaller {
    private final CardOptions options;
    private final PersistentMemory memory;
    private final TransientHeap heap;
    private final CardRuntime runtime;
    private final AppletCalls calls;
    private final Host host;
    private final IssuerDomain domain;
    private final Dispatcher dispatcher;
    private Wiring wiring;
    private boolean hung;
    private boolean unfinished;

    /**
     * Manufactures a card; it has no power yet.
     *
     * @throws IllegalArgumentException where there is no such issuer domain, or the options do not suit it
     * @throws InstallException where a first instance cannot be installed
     * @throws CardHungException where its installation does not come to an end
     */
    public Core(CardOptions options) {
        this.options = options;
        memory = new PersistentMemory(
                options.commitCapacity(), options.persistentBytes(), options.keysJoinTransactions());
        Hooks.use(memory, options.instructionLimit());
        heap = new TransientHeap(memory, options.transientResetBytes(), options.transientDeselectBytes());
        runtime = new CardRuntime(memory, heap);
        calls = new AppletCalls(memory, runtime);
        host = new Host(memory, heap, runtime, calls);
        wiring = options.wiring();
        host.wire(wiring);
        runtime.enter();
        try {
            memory.powerOn();
            domain = domain(options.domain());
            dispatcher = new Dispatcher(runtime, heap, calls, domain);
            runtime.use(this::lookUp);
            host.keeps(domain);
            runtime.select(dispatcher.domainApplication());
            domain.manufacture();
        } catch (StatusWordException refusal) {
            throw refused(refusal, host.lastInstalled());
        } catch (Hung limit) {
            throw new CardHungException(
                    host.lastInstalled() + ": install does not come to an end: " + limit.getMessage());
        } finally {
            memory.powerOff();
            runtime.leave();
        }
    }

    private IssuerDomain domain(String className) {
        try {
            return (IssuerDomain) getClass().getClassLoader().loadClass(className)
                    .getConstructor(AppletHost.class, CardOptions.class).newInstance(host, options);
        } catch (InvocationTargetException failure) {
            if (failure.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalArgumentException(className + " cannot be made", failure.getCause());
        } catch (ReflectiveOperationException | ClassCastException | LinkageError failure) {
            throw new IllegalArgumentException(
                    className + " is no issuer domain of this class path", failure);
        }
    }

    private Application lookUp(byte[] aid) {
        try {
            IssuerDomain.Found found = domain.find(0, aid, host.selected());
            if (found == null || !Arrays.equals(found.aid(), aid)) {
                return null;
            }
            return found.applet() == null
                    ? dispatcher.domainApplication()
                    : Application.of(runtime.aidObject(aid), aid, found.applet());
        } catch (StatusWordException locked) {
            return null;
        }
    }

    @Override
    public byte[] reset() {
        hung = false;
        host.wire(wiring);
        return during(() -> {
            memory.powerOn();
            runtime.reset();
            runtime.speak(protocol());
            if (unfinished) {
                host.collect();
                unfinished = false;
            }
            runtime.select(dispatcher.domainApplication());
            domain.restart();
            return AnswerToReset.over(wiring, options.atr());
        });
    }

    private byte protocol() {
        return switch (wiring) {
            case CONTACT_T0 -> APDU.PROTOCOL_MEDIA_DEFAULT | APDU.PROTOCOL_T0;
            case CONTACT_T1 -> APDU.PROTOCOL_MEDIA_DEFAULT | APDU.PROTOCOL_T1;
            case CONTACTLESS -> APDU.PROTOCOL_MEDIA_CONTACTLESS_TYPE_A | APDU.PROTOCOL_T1;
        };
    }

    @Override
    public void powerOff() {
        memory.powerOff();
    }

    @Override
    public boolean powered() {
        return !memory.dead();
    }

    @Override
    public byte[] transmit(byte[] command) {
        needPower();
        byte[] own = command.clone();
        return during(() -> {
            byte[] answer = dispatcher.run(own);
            if (runtime.takeDeletionRequest()) {
                host.collect();
            }
            return answer;
        });
    }

    private void needPower() {
        if (hung) {
            throw new CardHungException("the card hangs since an earlier command: reset it");
        }
        if (memory.dead()) {
            throw new PowerCutException("the card has no power: reset it");
        }
    }

    /** Runs the card on this thread; turns its ends into exceptions that mean the same outside. */
    private <T> T during(Supplier<T> work) {
        runtime.enter();
        memory.commandStarts();
        calls.forget();
        try {
            return work.get();
        } catch (PowerCut cut) {
            unfinished = true;
            throw new PowerCutException("the power failed at persistent write " + (memory.writes() + 1));
        } catch (Hung limit) {
            hung = true;
            unfinished = true;
            memory.powerOff();
            throw new CardHungException("an applet does not come to an end: " + limit.getMessage());
        } finally {
            runtime.leave();
        }
    }

    @Override
    public void install(AppletModule module, byte[] aid, byte[] parameters) {
        change(module.className(), plain -> plain.install(module, aid, parameters));
    }

    @Override
    public void delete(byte[] aid) {
        change("the application", plain -> {
            if (runtime.selected() != null && runtime.selected().named(aid)) {
                dispatcher.deselect();
                runtime.select(dispatcher.domainApplication());
            }
            plain.delete(aid);
        });
    }

    private void change(String what, Consumer<PlainDomain> change) {
        if (!(domain instanceof PlainDomain plain)) {
            throw new IllegalStateException(options.domain() + " takes applets by commands only");
        }
        needPower();
        during(() -> {
            try {
                change.accept(plain);
                return null;
            } catch (StatusWordException refusal) {
                throw refused(refusal, what);
            }
        });
    }

    private InstallException refused(StatusWordException refusal, String what) {
        Throwable reason = calls.thrown();
        String message = String.format(
                "%s: %s (%04X)", what, Failures.describe(reason), refusal.statusWord());
        return new InstallException(refusal.statusWord(), message, reason);
    }

    @Override
    public void cutPowerAt(long n) {
        memory.cutAt(n);
    }

    @Override
    public void keepPower() {
        memory.keepPower();
    }

    @Override
    public Measures measures() {
        return new Measures(
                memory.writes(), memory.commitPeak(), memory.instructions(), memory.totalWrites(),
                memory.used(), heap.resetUsed(), heap.deselectUsed());
    }

    @Override
    public void wire(Wiring next) {
        wiring = next;
    }

    @Override
    public void checkpoint() {
        memory.checkpoint();
    }

    @Override
    public void restore() {
        memory.restore();
        unfinished = true;
    }

    @Override
    public Throwable lastThrown() {
        return calls.thrown();
    }
}
