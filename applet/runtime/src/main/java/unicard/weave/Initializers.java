package unicard.weave;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FrameNode;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TryCatchBlockNode;

/** Tells the hooks where a class initialiser begins and where it ends, also by an exception. */
final class Initializers {
    private Initializers() {}

    static void weave(MethodNode method) {
        LabelNode start = new LabelNode();
        LabelNode end = new LabelNode();
        for (AbstractInsnNode instruction : method.instructions.toArray()) {
            if (instruction.getOpcode() == Opcodes.RETURN) {
                method.instructions.insertBefore(instruction, StoreWeaver.hook("initializerEnds", "()V"));
            }
        }
        method.instructions.insert(start);
        method.instructions.insertBefore(start, StoreWeaver.hook("initializerBegins", "()V"));
        method.instructions.add(end);
        method.instructions.add(
                new FrameNode(
                        Opcodes.F_FULL, 0, new Object[0], 1, new Object[] {"java/lang/Throwable"}));
        method.instructions.add(StoreWeaver.hook("initializerEnds", "()V"));
        method.instructions.add(new InsnNode(Opcodes.ATHROW));
        method.tryCatchBlocks.add(new TryCatchBlockNode(start, end, end, null));
    }
}
