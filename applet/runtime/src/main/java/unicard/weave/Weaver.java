package unicard.weave;

import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * Rewrites class files for a card. Only straight-line calls are put in, so that the stack map frames
 * of the compiler stay valid.
 */
final class Weaver {
    static final String HOOKS = "unicard/runtime/Hooks";
    /** Bytes that an object costs besides its fields. */
    private static final int HEADER = 8;

    private Weaver() {}

    static byte[] weave(byte[] classFile, Treatment treatment) {
        if (treatment == Treatment.UNTOUCHED) {
            return classFile;
        }
        if (treatment == Treatment.REPLACED) {
            return StandIns.renamed(classFile);
        }
        ClassNode type = new ClassNode();
        new ClassReader(classFile).accept(type, 0);
        for (MethodNode method : type.methods) {
            if ((method.access & (Opcodes.ACC_ABSTRACT | Opcodes.ACC_NATIVE)) == 0) {
                weave(type, method, treatment);
            }
        }
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        type.accept(writer);
        return writer.toByteArray();
    }

    private static void weave(ClassNode type, MethodNode method, Treatment treatment) {
        boolean initializer = method.name.equals("<clinit>");
        if (treatment == Treatment.KEYS) {
            if (!method.name.equals("<init>")) {
                new StoreWeaver(type, method, treatment).weave();
            }
            return;
        }
        if (treatment == Treatment.APPLET) {
            BlockCounter.weave(method);
        }
        new StoreWeaver(type, method, treatment).weave();
        if (treatment == Treatment.APPLET) {
            new ObjectWeaver(type, method, ownSize(type)).weave();
        }
        Redirects.weave(method);
        if (initializer) {
            Initializers.weave(method);
        }
    }

    /** What the fields of this class itself take; its superclass charges its own. */
    private static int ownSize(ClassNode type) {
        int size = type.superName.startsWith("java/") || isPlatform(type.superName) ? HEADER : 0;
        for (FieldNode field : type.fields) {
            if ((field.access & Opcodes.ACC_STATIC) == 0) {
                size += fieldSize(field.desc);
            }
        }
        return size;
    }

    /** Whether a class, named with slashes, belongs to what applets get from the card. */
    static boolean isPlatform(String owner) {
        return owner.startsWith("javacard/")
                || owner.startsWith("javacardx/")
                || owner.startsWith("org/globalplatform/");
    }

    private static int fieldSize(String descriptor) {
        return switch (descriptor.charAt(0)) {
            case 'B', 'Z' -> 1;
            case 'I', 'F' -> 4;
            case 'J', 'D' -> 8;
            default -> 2;
        };
    }
}
