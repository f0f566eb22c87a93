package unicard.gate;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.LocalVariableNode;
import org.objectweb.asm.tree.MethodNode;

/** Judges what a class declares: itself, its fields, its methods' heads. */
final class ShapeRules {
    static final String ASSERTIONS = "$assertionsDisabled";

    private final ClassSet classes;
    private final Names names;
    private final Types types;
    private final Findings findings;

    ShapeRules(ClassSet classes, Names names, Types types, Findings findings) {
        this.classes = classes;
        this.names = names;
        this.types = types;
        this.findings = findings;
    }

    void type(ClassFile file) {
        Findings.Place place = Findings.Place.of(file);
        if (file.packageName().isEmpty()) {
            findings.add(place, Rule.PACKAGE, "this class is in no package");
        }
        if (file.node().superName != null) {
            names.type(place, file.node().superName);
        }
        file.node().interfaces.forEach(each -> names.type(place, each));
        if (classes.isApplet(file) && !file.is(Opcodes.ACC_ABSTRACT) && !hasInstall(file)) {
            findings.add(place, Rule.INSTALL, "this applet class cannot be installed");
        }
    }

    /** That it is public and static, javac sees to: it would hide or override Applet's. */
    private boolean hasInstall(ClassFile file) {
        return classes.chain(file.name()).stream()
                .anyMatch(each -> each.method("install", "([BSB)V") != null);
    }

    void field(ClassFile file, FieldNode field) {
        Findings.Place place = Findings.Place.of(file, field.name + " " + field.desc);
        types.one(place, Type.getType(field.desc), "the field");
        if ((field.access & (Opcodes.ACC_TRANSIENT | Opcodes.ACC_VOLATILE)) != 0) {
            findings.add(place, Rule.FIELD_KEYWORD, "the field has such a keyword");
        }
    }

    void method(Findings.Place place, MethodNode method) {
        types.method(place, method.desc);
        method.exceptions.forEach(each -> names.type(place, each));
        flag(place, method, Opcodes.ACC_NATIVE, Rule.NATIVE, "the method is native");
        flag(place, method, Opcodes.ACC_STRICT, Rule.STRICTFP, "the method is strictfp");
        flag(place, method, Opcodes.ACC_SYNCHRONIZED, Rule.THREAD, "the method is synchronized");
        if (method.name.equals("finalize") && method.desc.equals("()V")) {
            findings.add(place, Rule.FINALIZE, "finalize is written here");
        }
        if (method.localVariables != null) {
            for (LocalVariableNode variable : method.localVariables) {
                types.one(place, Type.getType(variable.desc), "the variable " + variable.name);
            }
        }
    }

    private void flag(Findings.Place place, MethodNode method, int access, Rule rule, String what) {
        if ((method.access & access) != 0) {
            findings.add(place, rule, what);
        }
    }

    /** Whether javac put an assert into the class; then the class is judged for that alone. */
    static boolean hasAsserts(ClassFile file) {
        return file.node().fields.stream().anyMatch(field -> field.name.equals(ASSERTIONS));
    }

    static boolean isEnum(ClassFile file) {
        return file.is(Opcodes.ACC_ENUM) || "java/lang/Enum".equals(file.node().superName);
    }
}
