package unicard.weave;

import java.util.HashSet;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.TryCatchBlockNode;

/** Counts bytecodes: each basic block tells how many it has when it is entered. */
final class BlockCounter {
    private BlockCounter() {}

    static void weave(MethodNode method) {
        Set<LabelNode> targets = targets(method);
        AbstractInsnNode first = null;
        int length = 0;
        boolean starts = true;
        for (AbstractInsnNode instruction : method.instructions.toArray()) {
            starts |= instruction instanceof LabelNode label && targets.contains(label);
            if (instruction.getOpcode() < 0) {
                continue;
            }
            if (starts) {
                count(method, first, length);
                first = instruction;
                length = 0;
                starts = false;
            }
            length++;
            starts = endsBlock(instruction);
        }
        count(method, first, length);
    }

    private static void count(MethodNode method, AbstractInsnNode first, int length) {
        if (first == null) {
            return;
        }
        InsnList call = new InsnList();
        call.add(new LdcInsnNode(length));
        call.add(StoreWeaver.hook("executes", "(I)V"));
        if (first.getOpcode() == Opcodes.NEW) {
            // A label before NEW may be the name of the new object in stack map frames: keep them together.
            method.instructions.insert(first, call);
        } else {
            method.instructions.insertBefore(first, call);
        }
    }

    private static boolean endsBlock(AbstractInsnNode instruction) {
        return instruction instanceof JumpInsnNode;
    }

    private static Set<LabelNode> targets(MethodNode method) {
        Set<LabelNode> targets = new HashSet<>();
        for (AbstractInsnNode instruction : method.instructions) {
            if (instruction instanceof JumpInsnNode jump) {
                targets.add(jump.label);
            } else if (instruction instanceof TableSwitchInsnNode choice) {
                targets.addAll(choice.labels);
                targets.add(choice.dflt);
            } else if (instruction instanceof LookupSwitchInsnNode choice) {
                targets.addAll(choice.labels);
                targets.add(choice.dflt);
            }
        }
        for (TryCatchBlockNode handler : method.tryCatchBlocks) {
            targets.add(handler.handler);
        }
        return targets;
    }
}
