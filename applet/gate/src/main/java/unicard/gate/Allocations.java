package unicard.gate;

import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.TypeInsnNode;

/** Instructions that take memory for good: no card must be counted on to give it back. */
final class Allocations {
    private static final Set<String> MAKERS = Set.of("getInstance", "getInitializedMessageDigestInstance");

    private Allocations() {}

    static void judge(Findings.Place here, AbstractInsnNode insn, Findings findings) {
        switch (insn.getOpcode()) {
            case Opcodes.NEW ->
                    findings.add(here, Rule.NEW, "new " + simple(((TypeInsnNode) insn).desc) + " stands here");
            case Opcodes.NEWARRAY, Opcodes.ANEWARRAY, Opcodes.MULTIANEWARRAY ->
                    findings.add(here, Rule.NEW, "an array is made here");
            case Opcodes.INVOKESTATIC -> {
                MethodInsnNode call = (MethodInsnNode) insn;
                if (makes(call)) {
                    String what = simple(call.owner) + "." + call.name + " is called here";
                    findings.add(here, Rule.ALLOCATION, what);
                }
            }
            default -> { }
        }
    }

    private static boolean makes(MethodInsnNode call) {
        if (!call.owner.startsWith("javacard")) {
            return false;
        }
        return MAKERS.contains(call.name)
                || call.name.startsWith("makeTransient")
                || call.name.startsWith("makeGlobal")
                || call.name.startsWith("makeIntegritySensitive")
                || call.name.startsWith("build");
    }

    private static String simple(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }
}
