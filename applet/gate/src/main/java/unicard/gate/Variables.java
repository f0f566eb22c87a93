package unicard.gate;

import org.objectweb.asm.Type;
import org.objectweb.asm.tree.LocalVariableNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.VarInsnNode;

/** The declared types of a method's variables, where the class file has them. */
final class Variables {
    /** A variable's range starts after the store that first fills it, at most a label and a line later. */
    private static final int STORE_TO_START = 2;

    private final MethodNode method;

    Variables(MethodNode method) {
        this.method = method;
    }

    /** The type of the variable that is stored to, or null where nothing tells. */
    Type declared(VarInsnNode store) {
        if (method.localVariables == null) {
            return null;
        }
        int at = method.instructions.indexOf(store);
        for (LocalVariableNode variable : method.localVariables) {
            if (variable.index == store.var
                    && method.instructions.indexOf(variable.start) <= at + STORE_TO_START
                    && at < method.instructions.indexOf(variable.end)) {
                return Type.getType(variable.desc);
            }
        }
        return null;
    }
}
