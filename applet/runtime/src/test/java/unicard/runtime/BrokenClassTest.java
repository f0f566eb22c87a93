package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import unicard.card.CardOptions;
import unicard.card.InstallException;

/** Applet classes that are missing or broken. */
class BrokenClassTest {
    @Test
    void broken_classes_are_named_with_what_is_wrong(@TempDir Path folder) throws IOException {
        Path home = Files.createDirectories(folder.resolve("probes/environment"));
        Files.write(home.resolve("Invalid.class"), invalid());
        Files.write(home.resolve("Garbage.class"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
        try (Terminal terminal = new Terminal(withClassPath(folder))) {
            for (String[] each : new String[][] {
                {"Missing", "there is no such class"},
                {"NoInstall", "install(byte[], short, byte)"},
                {"BrokenStatics", "a static initialiser throws java.lang.NullPointerException"},
                {"Invalid", "java.lang.VerifyError"},
                {"Garbage", ""},
                {"package-info", ""},
            }) {
                InstallException refused = assertThrows(
                        InstallException.class, () -> terminal.install(each[0], Terminal.FIRST));
                assertEquals(0x6A80, refused.statusWord());
                String says = refused.getMessage();
                assertTrue(says.startsWith("probes.environment." + each[0] + ": "), says);
                assertTrue(says.contains(each[1]), says);
            }
            assertThrows(InstallException.class, () -> terminal.card.install(
                    "java.lang.String", Terminal.bytes(Terminal.FIRST), new byte[0]));
            terminal.install("Echo", Terminal.FIRST);
            assertEquals("9000", terminal.select(Terminal.FIRST));
        }
    }

    private static CardOptions withClassPath(Path folder) {
        CardOptions plain = CardOptions.PLAIN;
        return new CardOptions(
                plain.commitCapacity(), plain.persistentBytes(), plain.transientResetBytes(),
                plain.transientDeselectBytes(), plain.instructionLimit(), false, plain.wiring(), plain.atr(),
                plain.domain(), plain.domainSettings(), plain.loadFiles(), plain.instances(),
                List.of(folder));
    }

    /** An applet whose install returns with an empty stack what it should not have. */
    private static byte[] invalid() {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(Opcodes.V1_6, Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT,
                "probes/environment/Invalid", null, "javacard/framework/Applet", null);
        MethodVisitor install = writer.visitMethod(
                Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "install", "([BSB)V", null, null);
        install.visitCode();
        install.visitInsn(Opcodes.POP);
        install.visitInsn(Opcodes.RETURN);
        install.visitMaxs(1, 3);
        install.visitEnd();
        writer.visitEnd();
        return writer.toByteArray();
    }
}
