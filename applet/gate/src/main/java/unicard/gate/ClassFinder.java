package unicard.gate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/** Finds class files in a folder or a jar, in the order of their names. */
final class ClassFinder {
    private ClassFinder() {}

    static List<byte[]> in(Path path) throws IOException {
        return Files.isDirectory(path) ? inFolder(path) : inJar(path);
    }

    private static List<byte[]> inFolder(Path folder) throws IOException {
        List<byte[]> classes = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : walk.filter(ClassFinder::isClass).sorted().toList()) {
                classes.add(Files.readAllBytes(file));
            }
        }
        return classes;
    }

    private static List<byte[]> inJar(Path path) throws IOException {
        List<byte[]> classes = new ArrayList<>();
        try (JarFile jar = new JarFile(path.toFile())) {
            for (JarEntry entry : jar.stream().filter(ClassFinder::isClass).toList()) {
                try (InputStream in = jar.getInputStream(entry)) {
                    classes.add(in.readAllBytes());
                }
            }
        }
        return classes;
    }

    private static boolean isClass(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".class") && !name.equals("module-info.class");
    }

    private static boolean isClass(JarEntry entry) {
        return isClass(Path.of(entry.getName())) && !entry.getName().startsWith("META-INF/");
    }
}
