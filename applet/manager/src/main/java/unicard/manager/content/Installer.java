package unicard.manager.content;

import java.util.Arrays;
import javacard.framework.Applet;
import unicard.card.AppletModule;
import unicard.card.Instance;
import unicard.card.LoadFile;
import unicard.manager.Answer;
import unicard.manager.Command;
import unicard.manager.Contract.ContentState;
import unicard.manager.Contract.Sw;
import unicard.manager.state.InstanceEntry;
import unicard.manager.state.LoadFileEntry;
import unicard.runtime.AppletHost;
import unicard.runtime.StatusWordException;

/** INSTALL in all its forms. */
public final class Installer {
    private static final int FOR_LOAD = 0x02;
    private static final int FOR_INSTALL = 0x04;
    private static final int FOR_MAKE_SELECTABLE = 0x08;
    private static final int FOR_INSTALL_AND_MAKE_SELECTABLE = 0x0C;
    private static final int FOR_PERSONALIZATION = 0x20;

    private final AppletHost host;
    private final Registry registry;
    private final KnownModules modules;
    private final Loader loader;
    private final Personalizer personalizer;

    public Installer(
            AppletHost host,
            Registry registry,
            KnownModules modules,
            Loader loader,
            Personalizer personalizer) {
        this.host = host;
        this.registry = registry;
        this.modules = modules;
        this.loader = loader;
        this.personalizer = personalizer;
    }

    /** INSTALL; answers 00, that no receipt comes (11.5.3.1). */
    public Answer install(Command command) {
        byte[] data = command.data();
        switch (command.p1()) {
            case FOR_LOAD -> announce(LoadRequest.read(data));
            case FOR_INSTALL -> install(InstallRequest.read(data), ContentState.INSTALLED);
            case FOR_INSTALL_AND_MAKE_SELECTABLE ->
                    install(InstallRequest.read(data), ContentState.SELECTABLE);
            case FOR_MAKE_SELECTABLE -> makeSelectable(named(data, true));
            case FOR_PERSONALIZATION -> personalizer.begin(named(data, false));
            default -> throw new StatusWordException(Sw.FUNCTION_NOT_SUPPORTED); // INS-08
        }
        return Answer.of(new byte[1]);
    }

    /** Puts on the card what it has from the start. */
    public void manufacture(Iterable<Instance> instances) {
        for (LoadFile file : modules.onCard()) {
            byte[][] names = file.modules().stream().map(module -> module.aid()).toArray(byte[][]::new);
            registry.change(content -> content.addOwn(file.aid(), file.version(), names));
        }
        for (Instance each : instances) {
            install(
                    new InstallRequest(
                            each.loadFile(), each.module(), each.aid(), new byte[0], each.parameters()),
                    ContentState.SELECTABLE);
        }
        registry.untidy();
        registry.tidy();
    }

    private void announce(LoadRequest request) {
        if (request.domain().length != 0 && !Aids.isIsd(request.domain())) {
            throw Refused.notThere(); // INS-04
        }
        if (registry.taken(request.aid())) {
            throw Refused.conditions(); // INS-03
        }
        if (!registry.hasPlaceForLoadFile()) {
            throw Refused.noRoom(); // LOD-06
        }
        loader.begin(request);
    }

    private void install(InstallRequest request, int state) {
        LoadFileEntry file = registry.loadFile(request.loadFile());
        if (file == null || !hasModule(file, request.module())) {
            throw Refused.notThere(); // INS-04
        }
        if (registry.taken(request.instance())) {
            throw Refused.conditions(); // INS-03
        }
        if (!registry.hasPlaceForInstance()) {
            throw Refused.noRoom(); // INS-05
        }
        registry.untidy();
        try {
            AppletModule module = modules.of(file, request.module());
            byte[] data = InertApplet.isOf(module) ? request.shortData() : request.installData();
            Applet applet = host.install(module, request.instance(), data);
            registry.change(
                    content -> {
                        content.add(file, request.module(), request.instance(), state, applet);
                        content.setUntidy(false);
                    });
        } catch (RuntimeException refused) {
            registry.tidy();
            throw refused;
        }
    }

    private static boolean hasModule(LoadFileEntry file, byte[] module) {
        for (int i = 0; i < file.moduleCount(); i++) {
            if (Arrays.equals(file.module(i), module)) {
                return true;
            }
        }
        return false;
    }

    private static void makeSelectable(InstanceEntry entry) {
        if (entry.selectable()) {
            throw Refused.conditions();
        }
        entry.makeSelectable();
    }

    /** The application that the forms without load file and module name. */
    private InstanceEntry named(byte[] data, boolean withPrivileges) {
        Reader reader = new Reader(data);
        InstallFields.nothing(reader);
        InstallFields.nothing(reader);
        byte[] aid = reader.aid();
        if (withPrivileges) {
            InstallFields.privileges(reader);
            InstallFields.parameters(reader.field());
        } else {
            InstallFields.nothing(reader);
            InstallFields.nothing(reader);
        }
        InstallFields.nothing(reader);
        reader.end();
        InstanceEntry entry = registry.instance(aid);
        if (entry == null) {
            throw Refused.notThere(); // INS-04
        }
        return entry;
    }
}
