package unicard.weave;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The class loader of one card: the Java Card API, the runtime environment, the card manager and the
 * applets are defined in it anew, so that their statics are this card's own.
 *
 * <p>Classes come from the JVM's class path; applets also from a path of their own, which goes first
 * for them, and only for them: an API jar that lies there by mistake does no harm.
 *
 * <p>Class files must not change while the JVM runs: what they are woven to is kept once a JVM.
 */
public final class World extends URLClassLoader {
    private static final Map<String, byte[]> WOVEN = new ConcurrentHashMap<>();

    static {
        registerAsParallelCapable();
    }

    /**
     * @param classPath directories and jars with applets, besides the JVM's class path
     * @throws IllegalArgumentException where a path has no URL
     */
    public World(List<Path> classPath) {
        super("card", urls(classPath), World.class.getClassLoader());
    }

    private static URL[] urls(List<Path> paths) {
        return paths.stream().map(World::url).toArray(URL[]::new);
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException failure) {
            throw new IllegalArgumentException("no class path: " + path, failure);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            if (known == null) {
                Treatment treatment = Treatment.of(name);
                known = treatment == Treatment.SHARED ? getParent().loadClass(name) : define(name, treatment);
            }
            if (resolve) {
                resolveClass(known);
            }
            return known;
        }
    }

    private Class<?> define(String name, Treatment treatment) throws ClassNotFoundException {
        String file = StandIns.sourceOf(name.replace('.', '/')) + ".class";
        URL source = treatment == Treatment.APPLET ? findResource(file) : null;
        if (source == null) {
            source = getParent().getResource(file);
        }
        if (source == null) {
            throw new ClassNotFoundException(name);
        }
        URL found = source;
        byte[] woven = WOVEN.computeIfAbsent(found.toString(), key -> woven(found, treatment));
        return defineClass(name, woven, 0, woven.length);
    }

    private static byte[] woven(URL source, Treatment treatment) {
        try {
            return Weaver.weave(read(source), treatment);
        } catch (RuntimeException failure) {
            Error damaged = new ClassFormatError(source + " cannot be read: " + failure);
            damaged.initCause(failure);
            throw damaged;
        }
    }

    /** The class file of a class on the JVM's class path, by its name with slashes. */
    static byte[] classFile(String name) {
        URL source = World.class.getClassLoader().getResource(name + ".class");
        if (source == null) {
            throw new NoClassDefFoundError(name);
        }
        return read(source);
    }

    private static byte[] read(URL source) {
        try (InputStream in = source.openStream()) {
            return in.readAllBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + source, failure);
        }
    }
}
