package unicard.gate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.tree.MethodNode;

/** The classes that are judged together, and what they inherit from each other. */
final class ClassSet {
    private final Map<String, ClassFile> files = new LinkedHashMap<>();
    private final Api api;

    ClassSet(Collection<ClassFile> classes, Api api) {
        this.api = api;
        classes.forEach(file -> files.put(file.name(), file));
    }

    Collection<ClassFile> files() {
        return files.values();
    }

    ClassFile file(String name) {
        return files.get(name);
    }

    Api api() {
        return api;
    }

    /** The class and its ancestors within the set, nearest first. */
    List<ClassFile> chain(String name) {
        List<ClassFile> chain = new ArrayList<>();
        for (ClassFile file = files.get(name); file != null; file = files.get(file.node().superName)) {
            if (chain.contains(file)) {
                break;
            }
            chain.add(file);
        }
        return chain;
    }

    /** Names of everything above a class, itself included, in the set and in the API. */
    Set<String> above(String name) {
        Set<String> names = new LinkedHashSet<>();
        collect(name, names);
        return names;
    }

    private void collect(String name, Set<String> names) {
        if (name == null || !names.add(name)) {
            return;
        }
        ClassFile file = files.get(name);
        if (file == null) {
            api.above(name).forEach(type -> names.add(type.name()));
            return;
        }
        collect(file.node().superName, names);
        file.node().interfaces.forEach(each -> collect(each, names));
    }

    boolean isApplet(ClassFile file) {
        return above(file.name()).contains("javacard/framework/Applet");
    }

    /** Whether a class is in a package without applets. */
    boolean isInLibrary(ClassFile file) {
        return files().stream()
                .noneMatch(each -> isApplet(each) && packageOf(each).equals(packageOf(file)));
    }

    private static String packageOf(ClassFile file) {
        return file.name().substring(0, file.name().lastIndexOf('/') + 1);
    }

    /** Whether a method stands in for one that the runtime environment or other applets call. */
    boolean calledFromOutside(ClassFile file, MethodNode method) {
        String member = method.name + " " + method.desc;
        Set<String> names = above(file.name());
        return names.stream()
                .map(api::type)
                .anyMatch(type -> type != null && type.virtuals().anyMatch(member::equals))
                || names.contains("javacard/framework/Shareable") && sharedInterfaceHas(names, method);
    }

    private boolean sharedInterfaceHas(Set<String> names, MethodNode method) {
        return names.stream()
                .map(files::get)
                .filter(file -> file != null && file.is(org.objectweb.asm.Opcodes.ACC_INTERFACE))
                .filter(file -> above(file.name()).contains("javacard/framework/Shareable"))
                .anyMatch(file -> file.method(method.name, method.desc) != null);
    }
}
