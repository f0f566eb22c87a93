package unicard.gate;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The class files of the probes module. */
final class Probes {
    private Probes() {}

    static Path path() throws ReflectiveOperationException, URISyntaxException {
        Class<?> one = Class.forName("probes.gate.good.Purse", false, Probes.class.getClassLoader());
        return Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /** Class files by name with dots. */
    static Map<String, byte[]> all() throws Exception {
        Map<String, byte[]> classes = new TreeMap<>();
        for (byte[] bytes : ClassFinder.in(path())) {
            classes.put(ClassFile.parse(bytes).dotted(), bytes);
        }
        return classes;
    }

    /** A class and those nested in it. */
    static List<byte[]> withNested(String name) throws Exception {
        List<byte[]> found = new ArrayList<>();
        all().forEach(
                (each, bytes) -> {
                    if (each.equals(name) || each.startsWith(name + "$")) {
                        found.add(bytes);
                    }
                });
        if (found.isEmpty()) {
            throw new IOException("no probe " + name);
        }
        return found;
    }
}
