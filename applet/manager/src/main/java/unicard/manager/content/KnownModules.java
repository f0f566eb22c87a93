package unicard.manager.content;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import unicard.card.AppletModule;
import unicard.card.LoadFile;
import unicard.manager.state.LoadFileEntry;

/**
 * The applets that this JVM has the classes of. They stand for the module of their AID in the load
 * file of theirs, whatever version of it was loaded; every other module makes {@link InertApplet}s.
 */
public final class KnownModules {
    private final List<LoadFile> loadFiles;

    /**
     * @throws IllegalArgumentException where the JVM lacks a class that a module names, or a load file has
     *     more modules than GET STATUS can show
     */
    public KnownModules(List<LoadFile> loadFiles) {
        this.loadFiles = loadFiles;
        for (LoadFile file : loadFiles) {
            if (file.modules().size() > Loader.MODULES) {
                String aid = HexFormat.of().formatHex(file.aid());
                throw new IllegalArgumentException(
                        "the load file " + aid + " has more than " + Loader.MODULES + " modules");
            }
            file.modules().forEach(KnownModules::find);
        }
    }

    private static void find(AppletModule module) {
        try {
            Class.forName(module.className(), false, KnownModules.class.getClassLoader());
        } catch (ClassNotFoundException missing) {
            throw new IllegalArgumentException(
                    "no class on the class path for the module " + module, missing);
        }
    }

    /** What an application of a module in the registry is made by. */
    AppletModule of(LoadFileEntry entry, byte[] module) {
        return loadFiles.stream()
                .filter(file -> Arrays.equals(file.aid(), entry.aid()))
                .flatMap(file -> file.modules().stream())
                .filter(known -> Arrays.equals(known.aid(), module))
                .findFirst()
                .orElseGet(() -> new AppletModule(module, InertApplet.class.getName()));
    }

    /** Those that a new card has. */
    List<LoadFile> onCard() {
        return loadFiles.stream().filter(LoadFile::onCard).toList();
    }
}
