package unicard.card;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import unicard.weave.World;

/**
 * A Java card: made by {@link #insert}, used like a card in a reader.
 *
 * <pre>{@code
 * try (JavaCard card = JavaCard.insert(CardOptions.PLAIN)) {
 *     card.install("probes.environment.Echo", aid, new byte[0]);
 *     byte[] answer = card.transmit(HexFormat.of().parseHex("00A4040008F001020304050607"));
 * }
 * }</pre>
 *
 * <p>Calls from several threads wait for each other; several cards do not.
 */
public final class JavaCard implements CardCore, AutoCloseable {
    private static final String CORE = "unicard.runtime.Core";

    private World world;
    private CardCore core;
    private AppletInstaller installer;

    private JavaCard(World world, CardCore core) {
        this.world = world;
        this.core = core;
        this.installer = (AppletInstaller) core;
    }

    /**
     * Makes a card, gives it power and resets it.
     *
     * @throws IllegalArgumentException where the options name no issuer domain, or do not suit it
     * @throws InstallException where one of the card's first instances cannot be installed
     * @throws CardHungException where its installation does not come to an end
     */
    public static JavaCard insert(CardOptions options) {
        World world = new World(options.classPath());
        JavaCard card = new JavaCard(world, core(world, options));
        card.reset();
        return card;
    }

    private static CardCore core(World world, CardOptions options) {
        try {
            return (CardCore) world.loadClass(CORE).getConstructor(CardOptions.class).newInstance(options);
        } catch (InvocationTargetException failure) {
            if (failure.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("the card could not be made", failure.getCause());
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException("the class path lacks the runtime of the card", failure);
        }
    }

    /**
     * Installs an applet of the class path on a card with the plain issuer domain.
     *
     * @param className the applet's class
     * @param aid of the module and of the instance
     * @param parameters third value of install's data
     * @throws InstallException see {@link AppletInstaller#install}
     */
    public void install(String className, byte[] aid, byte[] parameters) {
        install(new AppletModule(aid, className), aid, parameters);
    }

    /** As {@link AppletInstaller#install}. */
    public synchronized void install(AppletModule module, byte[] aid, byte[] parameters) {
        present();
        installer.install(module, aid, parameters);
    }

    /** As {@link AppletInstaller#delete}. */
    public synchronized void delete(byte[] aid) {
        present();
        installer.delete(aid);
    }

    @Override
    public synchronized byte[] reset() {
        return present().reset();
    }

    @Override
    public synchronized void powerOff() {
        present().powerOff();
    }

    @Override
    public synchronized boolean powered() {
        return core != null && core.powered();
    }

    @Override
    public synchronized byte[] transmit(byte[] command) {
        return present().transmit(command);
    }

    @Override
    public synchronized void cutPowerAt(long n) {
        present().cutPowerAt(n);
    }

    @Override
    public synchronized void keepPower() {
        present().keepPower();
    }

    @Override
    public synchronized Measures measures() {
        return present().measures();
    }

    @Override
    public synchronized void wire(Wiring wiring) {
        present().wire(wiring);
    }

    @Override
    public synchronized void checkpoint() {
        present().checkpoint();
    }

    @Override
    public synchronized void restore() {
        present().restore();
    }

    @Override
    public synchronized Throwable lastThrown() {
        return present().lastThrown();
    }

    /** Takes the card out for good; every later call but this one throws IllegalStateException. */
    @Override
    public synchronized void close() {
        if (core == null) {
            return;
        }
        core = null;
        installer = null;
        try {
            world.close();
        } catch (IOException failure) {
            throw new UncheckedIOException("the card's class path does not close", failure);
        } finally {
            world = null;
        }
    }

    private CardCore present() {
        if (core == null) {
            throw new IllegalStateException("the card was taken out");
        }
        return core;
    }
}
