package unicard.gate;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * Judges a static initialiser: constants only, and arrays of constants where the package has an applet
 * (JCVM 2.2.4.6).
 */
final class StaticInit {
    private StaticInit() {}

    static void judge(
            Findings.Place place, ClassFile file, MethodNode init, boolean inLibrary, Findings findings) {
        Findings.Place here = place;
        for (AbstractInsnNode insn : init.instructions) {
            if (insn instanceof LineNumberNode line) {
                here = place.at(line.line);
            } else if (insn.getOpcode() >= 0 && !allowed(file, insn)) {
                findings.add(here, Rule.STATIC_INIT, "something else is done here");
                return;
            } else if (insn.getOpcode() == Opcodes.NEWARRAY && inLibrary) {
                findings.add(
                        here, Rule.STATIC_INIT, "an array is made here, and the package has no applet");
                return;
            }
        }
    }

    private static boolean allowed(ClassFile file, AbstractInsnNode insn) {
        if (insn instanceof FieldInsnNode field) {
            return insn.getOpcode() == Opcodes.PUTSTATIC && field.owner.equals(file.name());
        }
        if (insn instanceof LdcInsnNode load) {
            // Other constants have findings of their own.
            return load.cst != null;
        }
        return switch (insn.getOpcode()) {
            case Opcodes.ICONST_M1, Opcodes.ICONST_0, Opcodes.ICONST_1, Opcodes.ICONST_2, Opcodes.ICONST_3,
                    Opcodes.ICONST_4, Opcodes.ICONST_5, Opcodes.BIPUSH, Opcodes.SIPUSH,
                    Opcodes.ACONST_NULL, Opcodes.NEWARRAY, Opcodes.DUP, Opcodes.BASTORE, Opcodes.SASTORE,
                    Opcodes.RETURN -> true;
            // Arrays of types that cards lack have findings of their own.
            default -> Opcode.rule(insn.getOpcode()) != null;
        };
    }
}
