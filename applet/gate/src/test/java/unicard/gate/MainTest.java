package unicard.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line: exit codes and lines. */
class MainTest {
    @TempDir Path folder;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return Main.run(arguments, new PrintStream(out), new PrintStream(OutputStream.nullOutputStream()));
    }

    private Path jar(String name) throws Exception {
        Path jar = folder.resolve("applet.jar");
        try (JarOutputStream zip = new JarOutputStream(Files.newOutputStream(jar))) {
            for (byte[] bytes : Probes.withNested(name)) {
                zip.putNextEntry(new JarEntry(ClassFile.parse(bytes).name() + ".class"));
                zip.write(bytes);
            }
        }
        return jar;
    }

    @Test
    void a_clean_jar_ends_with_0() throws Exception {
        assertEquals(Main.CLEAN, run(jar("probes.gate.good.Numbers").toString()));
        assertEquals("", out.toString());
    }

    @Test
    void findings_end_with_1_and_a_line_each() throws Exception {
        assertEquals(Main.FOUND, run(jar("probes.gate.bad.IntArray").toString()));
        assertEquals(2, out.toString().lines().count());
        assertTrue(out.toString().contains("[int]"));
    }

    @Test
    void an_optional_package_is_allowed_by_name() throws Exception {
        String jar = jar("probes.gate.bad.OptionalTlv").toString();
        assertEquals(Main.FOUND, run(jar));
        assertEquals(Main.CLEAN, run("--allow", "javacardx.framework.tlv", jar));
    }

    @Test
    void wrong_use_and_paths_without_classes_end_with_2() throws Exception {
        assertEquals(Main.USAGE, run());
        assertEquals(Main.USAGE, run("--help"));
        assertEquals(Main.USAGE, run("--allow"));
        assertEquals(Main.USAGE, run(folder.toString()));
        assertEquals(Main.USAGE, run(folder.resolve("nothing").toString()));
        Path text = Files.writeString(folder.resolve("text.jar"), "no jar");
        assertEquals(Main.USAGE, run(text.toString()));
    }
}
