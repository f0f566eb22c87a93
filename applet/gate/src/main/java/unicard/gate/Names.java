package unicard.gate;

import java.util.Set;

/** Judges the classes and members that a class file names. */
final class Names {
    private static final Set<String> STRINGS =
            Set.of(
                    "java/lang/String",
                    "java/lang/StringBuilder",
                    "java/lang/StringBuffer",
                    "java/lang/CharSequence");
    private static final Set<String> THREADS = Set.of("java/lang/Thread", "java/lang/Runnable");
    private static final Set<String> WAITS = Set.of("wait", "notify", "notifyAll");

    private final ClassSet classes;
    private final Set<String> optional;
    private final Findings findings;

    /** Optional packages are named with slashes. */
    Names(ClassSet classes, Set<String> optional, Findings findings) {
        this.classes = classes;
        this.optional = optional;
        this.findings = findings;
    }

    /** Judges one class name with slashes; says whether it may be used. */
    boolean type(Findings.Place place, String name) {
        if (classes.file(name) != null) {
            return true;
        }
        Api.Type type = classes.api().type(name);
        if (type == null) {
            findings.add(place, ruleFor(name), name.replace('/', '.') + " is named here");
            return false;
        }
        if (!Api.CORE.contains(type.packageName()) && !optional.contains(type.packageName())) {
            String dotted = type.packageName().replace('/', '.');
            findings.add(place, Rule.OPTIONAL_API, "the optional package " + dotted + " is used here");
            return false;
        }
        return true;
    }

    /** Judges a field or a method that is named, with its descriptor. */
    void member(Findings.Place place, String owner, String name, String descriptor) {
        if (owner.startsWith("[")) {
            if (!descriptor.equals("(Ljava/lang/Object;)Z")) {
                findings.add(place, Rule.JAVA_API, "an array is asked for " + name);
            }
            return;
        }
        if (!type(place, owner)) {
            return;
        }
        String member = name + " " + descriptor;
        if (!inSet(owner, name, descriptor) && !inApi(owner, member)) {
            String what = owner.replace('/', '.') + "." + name + descriptor + " is no member of the API";
            findings.add(place, ruleForMember(owner, name), what);
        }
    }

    private boolean inSet(String owner, String name, String descriptor) {
        for (String above : classes.above(owner)) {
            ClassFile file = classes.file(above);
            if (file != null && has(file, name, descriptor)) {
                return true;
            }
        }
        return false;
    }

    private static boolean has(ClassFile file, String name, String descriptor) {
        return file.method(name, descriptor) != null
                || file.node().fields.stream()
                        .anyMatch(field -> field.name.equals(name) && field.desc.equals(descriptor));
    }

    private boolean inApi(String owner, String member) {
        boolean constructor = member.startsWith("<");
        for (String above : constructor ? Set.of(owner) : classes.above(owner)) {
            Api.Type type = classes.api().type(above);
            if (type != null && has(type, member)) {
                return true;
            }
        }
        Api.Type object = classes.api().type("java/lang/Object");
        return !constructor && has(object, member);
    }

    private static boolean has(Api.Type type, String member) {
        return type.members().contains(member) || type.members().contains("static " + member);
    }

    private Rule ruleForMember(String owner, String name) {
        if (name.equals("getClass")) {
            return Rule.REFLECTION;
        }
        if (WAITS.contains(name)) {
            return Rule.THREAD;
        }
        boolean fromJava = owner.startsWith("java/") || classes.file(owner) != null && ofObject(name);
        return fromJava ? Rule.JAVA_API : Rule.API;
    }

    private static boolean ofObject(String name) {
        return Set.of("hashCode", "toString", "clone", "getMessage", "printStackTrace", "getCause")
                .contains(name);
    }

    private static Rule ruleFor(String name) {
        if (STRINGS.contains(name)) {
            return Rule.STRING;
        }
        if (THREADS.contains(name)) {
            return Rule.THREAD;
        }
        if (name.equals("java/lang/Class") || name.startsWith("java/lang/reflect/")) {
            return Rule.REFLECTION;
        }
        return name.startsWith("java/") || name.startsWith("javax/") ? Rule.JAVA_API : Rule.API;
    }
}
