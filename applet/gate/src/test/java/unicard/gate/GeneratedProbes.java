package unicard.gate;

import static org.objectweb.asm.Opcodes.*;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;

/** Bad classes that javac does not write, by the rule that they break. */
final class GeneratedProbes {
    private static final String NAME = "probes/gate/made/Bad";

    private GeneratedProbes() {}

    static Map<Rule, List<byte[]>> all() {
        Map<Rule, List<byte[]>> made = new EnumMap<>(Rule.class);
        made.put(Rule.CLASS_FILE, List.of(unverifiable()));
        made.put(Rule.CLASS_VERSION, List.of(made(V1_8, NAME, writer -> {})));
        made.put(Rule.PACKAGE, List.of(made(V1_7, "Bad", writer -> {})));
        made.put(Rule.STRICTFP, List.of(method(ACC_STRICT, code -> code.visitInsn(RETURN))));
        made.put(Rule.LAMBDA, List.of(method(0, GeneratedProbes::dynamic)));
        made.put(Rule.JSR, List.of(subroutine()));
        made.put(Rule.SWITCH_KEY, List.of(method(0, GeneratedProbes::wideSwitch)));
        made.put(Rule.LIMIT_LOCALS, List.of(method(0, GeneratedProbes::manyVariables)));
        made.put(Rule.LIMIT_STACK, List.of(method(0, GeneratedProbes::deepStack)));
        made.put(Rule.LIMIT_CODE, List.of(method(0, GeneratedProbes::longCode)));
        made.put(Rule.LIMIT_FIELDS, List.of(made(V1_7, NAME, writer -> fields(writer, 256, 0))));
        made.put(Rule.LIMIT_METHODS, List.of(made(V1_7, NAME, writer -> methods(writer, 129, 0))));
        made.put(
                Rule.LIMIT_STATICS,
                List.of(made(V1_7, NAME, writer -> methods(writer, 257, ACC_STATIC | ACC_PUBLIC))));
        made.put(Rule.LIMIT_INTERFACES, manyInterfaces(16));
        made.put(Rule.LIMIT_CLASSES, manyClasses(256));
        return made;
    }

    static byte[] made(int version, String name, Consumer<ClassWriter> body) {
        return made(version, name, new String[0], ACC_PUBLIC | ACC_SUPER, body);
    }

    private static byte[] made(
            int version, String name, String[] interfaces, int access, Consumer<ClassWriter> body) {
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        writer.visit(version, access, name, null, "java/lang/Object", interfaces);
        body.accept(writer);
        writer.visitEnd();
        return writer.toByteArray();
    }

    static byte[] method(int access, Consumer<MethodVisitor> code) {
        return made(V1_7, NAME, writer -> code(writer.visitMethod(access, "run", "()V", null, null), code));
    }

    private static void code(MethodVisitor method, Consumer<MethodVisitor> code) {
        method.visitCode();
        code.accept(method);
        method.visitMaxs(0, 0);
        method.visitEnd();
    }

    private static byte[] unverifiable() {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(V1_7, ACC_PUBLIC | ACC_SUPER, NAME, null, "java/lang/Object", null);
        MethodVisitor method = writer.visitMethod(ACC_STATIC, "run", "()V", null, null);
        method.visitCode();
        method.visitInsn(POP);
        method.visitInsn(RETURN);
        method.visitMaxs(1, 1);
        method.visitEnd();
        writer.visitEnd();
        return writer.toByteArray();
    }

    private static void dynamic(MethodVisitor code) {
        Handle bootstrap = new Handle(H_INVOKESTATIC, NAME, "link", "()V", false);
        code.visitInvokeDynamicInsn("run", "()V", bootstrap);
        code.visitInsn(RETURN);
    }

    private static byte[] subroutine() {
        return made(
                V1_5,
                NAME,
                writer ->
                        code(
                                writer.visitMethod(ACC_STATIC, "run", "()V", null, null),
                                code -> {
                                    Label body = new Label();
                                    code.visitJumpInsn(JSR, body);
                                    code.visitInsn(RETURN);
                                    code.visitLabel(body);
                                    code.visitVarInsn(ASTORE, 0);
                                    code.visitVarInsn(RET, 0);
                                }));
    }

    private static void wideSwitch(MethodVisitor code) {
        Label end = new Label();
        code.visitInsn(ICONST_0);
        code.visitLookupSwitchInsn(end, new int[] {1, 40000}, new Label[] {end, end});
        code.visitLabel(end);
        code.visitInsn(RETURN);
    }

    private static void manyVariables(MethodVisitor code) {
        code.visitInsn(ICONST_0);
        code.visitVarInsn(ISTORE, 255);
        code.visitInsn(RETURN);
    }

    private static void deepStack(MethodVisitor code) {
        for (int i = 0; i < 256; i++) {
            code.visitInsn(ICONST_0);
        }
        code.visitInsn(RETURN);
    }

    private static void longCode(MethodVisitor code) {
        for (int i = 0; i < 32767; i++) {
            code.visitInsn(NOP);
        }
        code.visitInsn(RETURN);
    }

    static void fields(ClassWriter writer, int count, int access) {
        for (int i = 0; i < count; i++) {
            writer.visitField(access, "f" + i, "B", null, null).visitEnd();
        }
    }

    static void methods(ClassWriter writer, int count, int access) {
        for (int i = 0; i < count; i++) {
            code(writer.visitMethod(access, "m" + i, "()V", null, null), code -> code.visitInsn(RETURN));
        }
    }

    static List<byte[]> manyInterfaces(int count) {
        return over(count, ACC_PUBLIC | ACC_SUPER);
    }

    static List<byte[]> interfaceOver(int count) {
        return over(count, ACC_PUBLIC | ACC_INTERFACE | ACC_ABSTRACT);
    }

    private static List<byte[]> over(int count, int kind) {
        List<byte[]> set = new ArrayList<>();
        String[] names = new String[count];
        for (int i = 0; i < count; i++) {
            names[i] = NAME + i;
            int access = ACC_PUBLIC | ACC_INTERFACE | ACC_ABSTRACT;
            set.add(made(V1_7, names[i], new String[0], access, writer -> {}));
        }
        set.add(made(V1_7, NAME, names, kind, writer -> {}));
        return set;
    }

    static List<byte[]> manyClasses(int count) {
        List<byte[]> set = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            set.add(made(V1_7, NAME + i, writer -> {}));
        }
        return set;
    }
}
