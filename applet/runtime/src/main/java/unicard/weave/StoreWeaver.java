package unicard.weave;

import static org.objectweb.asm.Opcodes.ALOAD;
import static org.objectweb.asm.Opcodes.DUP;
import static org.objectweb.asm.Opcodes.DUP2_X1;
import static org.objectweb.asm.Opcodes.DUP_X2;
import static org.objectweb.asm.Opcodes.INVOKESPECIAL;
import static org.objectweb.asm.Opcodes.INVOKESTATIC;
import static org.objectweb.asm.Opcodes.POP;
import static org.objectweb.asm.Opcodes.POP2;
import static org.objectweb.asm.Opcodes.PUTFIELD;
import static org.objectweb.asm.Opcodes.PUTSTATIC;
import static org.objectweb.asm.Opcodes.SWAP;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.InsnList;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.VarInsnNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.Frame;
import org.objectweb.asm.tree.analysis.SourceInterpreter;
import org.objectweb.asm.tree.analysis.SourceValue;

/** Leads every store of a method to a field, static field or array through the hooks. */
final class StoreWeaver {
    private final ClassNode type;
    private final MethodNode method;
    private final Treatment treatment;
    private final boolean constructor;
    private Frame<SourceValue>[] frames;

    StoreWeaver(ClassNode type, MethodNode method, Treatment treatment) {
        this.type = type;
        this.method = method;
        this.treatment = treatment;
        constructor = method.name.equals("<init>");
    }

    void weave() {
        if (constructor) {
            frames = analyse();
        }
        boolean beforeSuper = constructor;
        AbstractInsnNode[] instructions = method.instructions.toArray();
        for (int i = 0; i < instructions.length; i++) {
            AbstractInsnNode instruction = instructions[i];
            if (beforeSuper && instruction.getOpcode() == INVOKESPECIAL) {
                beforeSuper = !startsOnThis(i, (MethodInsnNode) instruction);
            } else if (instruction.getOpcode() == PUTFIELD) {
                putField((FieldInsnNode) instruction, i, beforeSuper);
            } else if (instruction.getOpcode() == PUTSTATIC) {
                keep(((FieldInsnNode) instruction).desc, instruction);
                call(site((FieldInsnNode) instruction), instruction, "staticField", "(I)V");
            } else if (treatment != Treatment.KEYS) {
                arrayStore(instruction);
            }
        }
    }

    /** Where each value on the stack of a constructor comes from: which of them is this? */
    private Frame<SourceValue>[] analyse() {
        try {
            return new Analyzer<>(new SourceInterpreter()).analyze(type.name, method);
        } catch (AnalyzerException broken) {
            throw new IllegalArgumentException(type.name + " has a constructor that makes no sense", broken);
        }
    }

    private boolean startsOnThis(int index, MethodInsnNode call) {
        int arguments = Type.getArgumentTypes(call.desc).length;
        return call.name.equals("<init>") && isThis(index, arguments);
    }

    /** Whether the value so far below the top of the stack is this. */
    private boolean isThis(int index, int depth) {
        Frame<SourceValue> frame = constructor ? frames[index] : null;
        if (frame == null) {
            return false;
        }
        SourceValue value = frame.getStack(frame.getStackSize() - 1 - depth);
        return value.insns.stream()
                .allMatch(
                        source ->
                                source instanceof VarInsnNode load
                                        && load.getOpcode() == ALOAD
                                        && load.var == 0);
    }

    private void putField(FieldInsnNode instruction, int index, boolean beforeSuper) {
        boolean own = isThis(index, 1);
        keep(instruction.desc, instruction);
        if (own && beforeSuper) {
            return;
        }
        boolean wide = Type.getType(instruction.desc).getSize() == 2;
        InsnList before = new InsnList();
        if (wide) {
            before.add(new InsnNode(DUP2_X1));
            before.add(new InsnNode(POP2));
        } else {
            before.add(new InsnNode(SWAP));
        }
        before.add(new InsnNode(DUP));
        before.add(site(instruction));
        String hook = treatment == Treatment.KEYS ? "keyField" : own ? "ownField" : "field";
        before.add(hook(hook, "(Ljava/lang/Object;I)V"));
        if (wide) {
            before.add(new InsnNode(DUP_X2));
            before.add(new InsnNode(POP));
        } else {
            before.add(new InsnNode(SWAP));
        }
        method.instructions.insertBefore(instruction, before);
    }

    private void arrayStore(AbstractInsnNode instruction) {
        String descriptor =
                switch (instruction.getOpcode()) {
                    case Opcodes.BASTORE -> "(Ljava/lang/Object;II)V";
                    case Opcodes.SASTORE -> "([SII)V";
                    case Opcodes.CASTORE -> "([CII)V";
                    case Opcodes.IASTORE -> "([III)V";
                    case Opcodes.LASTORE -> "([JIJ)V";
                    case Opcodes.FASTORE -> "([FIF)V";
                    case Opcodes.DASTORE -> "([DID)V";
                    case Opcodes.AASTORE -> "([Ljava/lang/Object;ILjava/lang/Object;)V";
                    default -> null;
                };
        if (descriptor != null) {
            if (instruction.getOpcode() == Opcodes.AASTORE) {
                keep("[", instruction);
            }
            method.instructions.set(instruction, hook("store", descriptor));
        }
    }

    /**
     * What the card manager's state comes to refer to is charged then, and not when it is made; what an
     * applet wants to refer to must not be lent.
     */
    private void keep(String descriptor, AbstractInsnNode store) {
        if (descriptor.startsWith("L") || descriptor.startsWith("[")) {
            if (treatment == Treatment.STATE) {
                call(new InsnNode(DUP), store, "kept", "(Ljava/lang/Object;)V");
            } else if (treatment == Treatment.APPLET) {
                call(new InsnNode(DUP), store, "notLent", "(Ljava/lang/Object;)V");
            }
        }
    }

    private void call(AbstractInsnNode argument, AbstractInsnNode before, String name, String descriptor) {
        method.instructions.insertBefore(before, argument);
        method.instructions.insertBefore(before, hook(name, descriptor));
    }

    private static AbstractInsnNode site(FieldInsnNode instruction) {
        return new LdcInsnNode(FieldSites.number(instruction.owner, instruction.name));
    }

    static MethodInsnNode hook(String name, String descriptor) {
        return new MethodInsnNode(INVOKESTATIC, Weaver.HOOKS, name, descriptor, false);
    }
}
