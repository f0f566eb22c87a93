package unicard.application;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** How the applet is built: what lasts and what does not have one place each, and classes are small. */
class StructureTest {
    private static final Path CLASSES = Path.of("target/classes/unicard/application");
    private static final Path SOURCES = Path.of("src/main/java/unicard/application");
    private static final Set<String> STATE = Set.of("Persistent", "Transient");
    /** What makes memory of the API's: transient arrays, keys, PINs. */
    private static final Set<String> MAKERS = Set.of(
            "javacard/security/KeyBuilder", "javacard/security/KeyPair", "javacard/framework/OwnerPIN");

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    @Test
    void only_the_two_state_objects_make_memory_and_only_the_lasting_one_has_variables() throws IOException {
        List<Path> classes = files(CLASSES, ".class");
        assertTrue(classes.size() > 30, classes + "");
        List<String> found = new ArrayList<>();
        for (Path file : classes) {
            new ClassReader(Files.readAllBytes(file)).accept(new Finder(found), ClassReader.SKIP_DEBUG);
        }
        assertEquals(List.of(), found);
    }

    @Test
    void classes_that_are_not_generated_have_less_than_200_lines() throws IOException {
        for (Path file : files(SOURCES, ".java")) {
            List<String> lines = Files.readAllLines(file);
            assertTrue(lines.get(0).contains("Written by") || lines.size() < 200, file + ": " + lines.size());
        }
    }

    /** Notes variables and what makes memory, apart from constants, where they should not be. */
    private static final class Finder extends ClassVisitor {
        private final List<String> found;
        private String name;

        Finder(List<String> found) {
            super(Opcodes.ASM9);
            this.found = found;
        }

        @Override
        public void visit(int version, int access, String path, String sig, String base, String[] faces) {
            name = path.substring(path.lastIndexOf('/') + 1);
        }

        @Override
        public FieldVisitor visitField(int access, String field, String type, String sig, Object value) {
            if ((access & Opcodes.ACC_FINAL) == 0 && !name.equals("Persistent")) {
                found.add(name + "." + field + " is a variable");
            }
            return null;
        }

        @Override
        public MethodVisitor visitMethod(int access, String method, String type, String sig, String[] thrown) {
            boolean mayMake = STATE.contains(name) || method.equals("<clinit>");
            return mayMake ? null : new Makers(name + "." + method, found);
        }
    }

    private static final class Makers extends MethodVisitor {
        private final String place;
        private final List<String> found;

        Makers(String place, List<String> found) {
            super(Opcodes.ASM9);
            this.place = place;
            this.found = found;
        }

        @Override
        public void visitIntInsn(int opcode, int operand) {
            if (opcode == Opcodes.NEWARRAY) {
                found.add(place + " makes an array");
            }
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            if (opcode == Opcodes.ANEWARRAY || opcode == Opcodes.NEW && MAKERS.contains(type)) {
                found.add(place + " makes " + type);
            }
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String method, String type, boolean isFace) {
            if (method.startsWith("makeTransient") || method.equals("buildKey")) {
                found.add(place + " calls " + method);
            }
        }
    }
}
