package unicard.weave;

import static org.objectweb.asm.Opcodes.ALOAD;
import static org.objectweb.asm.Opcodes.ANEWARRAY;
import static org.objectweb.asm.Opcodes.DUP;
import static org.objectweb.asm.Opcodes.INVOKESPECIAL;
import static org.objectweb.asm.Opcodes.INVOKESTATIC;
import static org.objectweb.asm.Opcodes.INVOKEVIRTUAL;
import static org.objectweb.asm.Opcodes.MULTIANEWARRAY;
import static org.objectweb.asm.Opcodes.NEW;
import static org.objectweb.asm.Opcodes.NEWARRAY;

import java.util.ArrayDeque;
import java.util.Deque;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/** Charges what an applet creates: its own objects in their constructors, the rest where it is made. */
final class ObjectWeaver {
    /** As unicard.runtime.Hooks.PLATFORM_OBJECT. */
    private static final int PLATFORM_OBJECT = 32;

    private final ClassNode type;
    private final MethodNode method;
    private final int ownSize;

    ObjectWeaver(ClassNode type, MethodNode method, int ownSize) {
        this.type = type;
        this.method = method;
        this.ownSize = ownSize;
    }

    void weave() {
        // NEWs whose constructor is not called yet; javac nests them. null: nothing stays on the stack.
        Deque<TypeInsnNode> pending = new ArrayDeque<>();
        boolean beforeSuper = method.name.equals("<init>");
        for (AbstractInsnNode instruction : method.instructions.toArray()) {
            switch (instruction.getOpcode()) {
                case NEW -> pending.push((TypeInsnNode) instruction);
                case INVOKESPECIAL -> {
                    MethodInsnNode call = (MethodInsnNode) instruction;
                    if (call.name.equals("<init>") && !pending.isEmpty()) {
                        constructed(pending.pop(), call);
                    } else if (call.name.equals("<init>") && beforeSuper) {
                        beforeSuper = false;
                        superCalled(call);
                    }
                }
                case NEWARRAY, ANEWARRAY, MULTIANEWARRAY -> madeArray(instruction);
                case INVOKEVIRTUAL -> {
                    MethodInsnNode call = (MethodInsnNode) instruction;
                    if (call.owner.startsWith("[") && call.name.equals("clone")) {
                        madeArray(instruction);
                    }
                }
                case INVOKESTATIC -> platformCall((MethodInsnNode) instruction);
                default -> { }
            }
        }
    }

    private void constructed(TypeInsnNode creation, MethodInsnNode call) {
        AbstractInsnNode next = creation.getNext();
        while (next != null && (next.getOpcode() < 0 || isCount(next))) {
            next = next.getNext();
        }
        boolean staysOnStack = next != null && next.getOpcode() == DUP;
        boolean chargesItself = creation.desc.equals("javacard/framework/OwnerPIN");
        if (staysOnStack && Weaver.isPlatform(creation.desc) && !chargesItself) {
            made(call, PLATFORM_OBJECT);
        }
    }

    /** Whether an instruction belongs to the count of bytecodes that was put in after NEW. */
    private static boolean isCount(AbstractInsnNode instruction) {
        return isExecutes(instruction)
                || instruction instanceof LdcInsnNode && isExecutes(instruction.getNext());
    }

    private static boolean isExecutes(AbstractInsnNode instruction) {
        return instruction instanceof MethodInsnNode call
                && call.owner.equals(Weaver.HOOKS)
                && call.name.equals("executes");
    }

    private void superCalled(MethodInsnNode call) {
        if (!call.owner.equals(type.name)) {
            InsnList after = new InsnList();
            after.add(new VarInsnNode(ALOAD, 0));
            after.add(new LdcInsnNode(ownSize));
            after.add(StoreWeaver.hook("made", "(Ljava/lang/Object;I)V"));
            method.instructions.insert(call, after);
        }
    }

    private void madeArray(AbstractInsnNode creation) {
        InsnList after = new InsnList();
        after.add(new InsnNode(DUP));
        after.add(StoreWeaver.hook("madeArray", "(Ljava/lang/Object;)V"));
        method.instructions.insert(creation, after);
    }

    /** Factory methods of the platform: Cipher.getInstance, KeyBuilder.buildKey and their like. */
    private void platformCall(MethodInsnNode call) {
        if (Weaver.isPlatform(call.owner)
                && (call.name.equals("getInstance") || call.name.startsWith("build"))
                && call.desc.contains(")L")) {
            made(call, PLATFORM_OBJECT);
        }
    }

    private void made(AbstractInsnNode creation, int size) {
        InsnList after = new InsnList();
        after.add(new InsnNode(DUP));
        after.add(new LdcInsnNode(size));
        after.add(StoreWeaver.hook("made", "(Ljava/lang/Object;I)V"));
        method.instructions.insert(creation, after);
    }
}
