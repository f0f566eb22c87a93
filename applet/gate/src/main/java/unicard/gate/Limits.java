package unicard.gate;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.CodeSizeEvaluator;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;

/** The limits of JCVM 2.2.4 and of the CAP format. */
final class Limits {
    private static final int VARIABLES = 255;
    private static final int STACK = 255;
    private static final int CODE = 32767;
    private static final int FIELDS = 255;
    private static final int METHODS = 128;
    private static final int STATICS = 256;
    private static final int CLASSES = 255;
    private static final int CLASS_INTERFACES = 15;
    private static final int INTERFACE_INTERFACES = 14;
    private static final int VISIBLE = Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED;

    private final ClassSet classes;
    private final Findings findings;

    Limits(ClassSet classes, Findings findings) {
        this.classes = classes;
        this.findings = findings;
    }

    void packages() {
        Map<String, Integer> sizes = new HashMap<>();
        for (ClassFile file : classes.files()) {
            sizes.merge(file.packageName(), 1, Integer::sum);
        }
        for (ClassFile file : classes.files()) {
            Integer size = sizes.remove(file.packageName());
            if (size != null && size > CLASSES) {
                String what = file.packageName().replace('/', '.') + " has " + size;
                findings.add(Findings.Place.of(file), Rule.LIMIT_CLASSES, what);
            }
        }
    }

    void type(ClassFile file) {
        interfaces(file);
        fields(file);
        virtuals(file);
        statics(file);
    }

    void method(Findings.Place place, MethodNode method) {
        over(place, Rule.LIMIT_LOCALS, method.maxLocals, VARIABLES, "variables");
        over(place, Rule.LIMIT_STACK, method.maxStack, STACK, "stack cells");
        CodeSizeEvaluator size = new CodeSizeEvaluator(null);
        method.accept(size);
        over(place, Rule.LIMIT_CODE, size.getMaxSize(), CODE, "bytes of code");
    }

    private void over(Findings.Place place, Rule rule, int count, int limit, String unit) {
        if (count > limit) {
            findings.add(place, rule, "there are " + count + " " + unit + " here");
        }
    }

    private void interfaces(ClassFile file) {
        Set<String> all = new HashSet<>(classes.above(file.name()));
        all.removeIf(name -> name.equals(file.name()) || !isInterface(name));
        int limit = file.is(Opcodes.ACC_INTERFACE) ? INTERFACE_INTERFACES : CLASS_INTERFACES;
        over(Findings.Place.of(file), Rule.LIMIT_INTERFACES, all.size(), limit, "interfaces");
    }

    private boolean isInterface(String name) {
        ClassFile file = classes.file(name);
        if (file != null) {
            return file.is(Opcodes.ACC_INTERFACE);
        }
        Api.Type type = classes.api().type(name);
        return type != null && type.isInterface();
    }

    private void fields(ClassFile file) {
        int count = 0;
        for (ClassFile each : classes.chain(file.name())) {
            for (FieldNode field : each.node().fields) {
                count += (field.access & Opcodes.ACC_STATIC) == 0 ? 1 : 0;
            }
        }
        over(Findings.Place.of(file), Rule.LIMIT_FIELDS, count, FIELDS, "instance fields");
    }

    private void virtuals(ClassFile file) {
        Set<String> visible = new HashSet<>();
        Set<String> packaged = new HashSet<>();
        for (ClassFile each : classes.chain(file.name())) {
            for (MethodNode method : each.methods()) {
                if ((method.access & (Opcodes.ACC_STATIC | Opcodes.ACC_PRIVATE)) == 0
                        && !method.name.startsWith("<")) {
                    boolean seen = (method.access & VISIBLE) != 0;
                    (seen ? visible : packaged).add(method.name + method.desc);
                }
            }
            classes.api().above(each.node().superName).stream()
                    .flatMap(Api.Type::virtuals)
                    .forEach(member -> visible.add(member.replace(" ", "")));
        }
        over(Findings.Place.of(file), Rule.LIMIT_METHODS, visible.size(), METHODS, "instance methods");
        over(Findings.Place.of(file), Rule.LIMIT_METHODS, packaged.size(), METHODS, "package methods");
    }

    private void statics(ClassFile file) {
        long fields =
                file.node().fields.stream()
                        .filter(field -> (field.access & Opcodes.ACC_STATIC) != 0)
                        .filter(field -> (field.access & Opcodes.ACC_FINAL) == 0)
                        .filter(field -> (field.access & VISIBLE) != 0)
                        .count();
        long methods =
                file.methods().stream()
                        .filter(method -> (method.access & Opcodes.ACC_STATIC) != 0)
                        .filter(method -> (method.access & VISIBLE) != 0)
                        .count();
        over(Findings.Place.of(file), Rule.LIMIT_STATICS, (int) fields, STATICS, "static fields");
        over(Findings.Place.of(file), Rule.LIMIT_STATICS, (int) methods, STATICS, "static methods");
    }
}
