package unicard.gate;

import java.util.List;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

/** One class file, parsed. */
record ClassFile(ClassNode node) {
    static final int NEWEST = Opcodes.V1_7;
    private static final int MAGIC = 0xCAFEBABE;

    /** What a class file's first bytes say, or a reason to go no further. */
    record Header(int major, String fault) {}

    /** Reads the version without parsing, so that files newer than the parser get a finding too. */
    static Header header(byte[] bytes) {
        if (bytes.length < 10 || number(bytes, 0) != MAGIC) {
            return new Header(0, "these bytes are no class file");
        }
        return new Header(number(bytes, 4) & 0xFFFF, null);
    }

    private static int number(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 24
                | (bytes[at + 1] & 0xFF) << 16
                | (bytes[at + 2] & 0xFF) << 8
                | bytes[at + 3] & 0xFF;
    }

    static ClassFile parse(byte[] bytes) {
        ClassNode node = new ClassNode();
        new ClassReader(bytes).accept(node, ClassReader.SKIP_FRAMES);
        return new ClassFile(node);
    }

    String name() {
        return node.name;
    }

    String dotted() {
        return node.name.replace('/', '.');
    }

    String packageName() {
        int slash = node.name.lastIndexOf('/');
        return slash < 0 ? "" : node.name.substring(0, slash);
    }

    boolean is(int access) {
        return (node.access & access) != 0;
    }

    List<MethodNode> methods() {
        return node.methods;
    }

    MethodNode method(String name, String descriptor) {
        for (MethodNode method : node.methods) {
            if (method.name.equals(name) && method.desc.equals(descriptor)) {
                return method;
            }
        }
        return null;
    }
}
