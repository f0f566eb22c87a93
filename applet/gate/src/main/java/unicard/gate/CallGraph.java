package unicard.gate;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * Which methods of the set run at install only.
 *
 * <p>A call may reach every method of the set that could answer it: the one named, the one inherited,
 * and all that override it. A method runs later than install where it can be reached, without going
 * through a constructor, from one that the runtime environment or another applet calls, or that
 * nothing in the set calls. Constructors are never counted: what counts is who writes {@code new}.
 */
final class CallGraph {
    static final String INSTALL = "install ([BSB)V";

    private record Method(String owner, String member) {}

    private final ClassSet classes;
    private final Map<Method, Set<Method>> calls = new HashMap<>();
    private final Set<Method> atInstall;
    private final Set<Method> later;

    CallGraph(ClassSet classes) {
        this.classes = classes;
        for (ClassFile file : classes.files()) {
            for (MethodNode method : file.methods()) {
                calls.put(key(file, method), targets(method));
            }
        }
        Set<Method> first = new LinkedHashSet<>();
        Set<Method> roots = new LinkedHashSet<>();
        Set<Method> called = new HashSet<>();
        calls.values().forEach(called::addAll);
        for (ClassFile file : classes.files()) {
            for (MethodNode method : file.methods()) {
                Method key = key(file, method);
                if (startsInstall(file, method)) {
                    first.add(key);
                } else if (!called.contains(key) || classes.calledFromOutside(file, method)) {
                    roots.add(key);
                }
            }
        }
        atInstall = reach(first);
        later = reach(roots);
    }

    /** Whether all that leads to the method starts in constructors or install. */
    boolean installOnly(ClassFile file, MethodNode method) {
        Method key = key(file, method);
        return method.name.startsWith("<") || atInstall.contains(key) && !later.contains(key);
    }

    private boolean startsInstall(ClassFile file, MethodNode method) {
        boolean install =
                INSTALL.equals(method.name + " " + method.desc)
                        && (method.access & Opcodes.ACC_STATIC) != 0
                        && classes.isApplet(file);
        return install || method.name.startsWith("<");
    }

    private Set<Method> reach(Collection<Method> from) {
        Set<Method> seen = new HashSet<>(from);
        Deque<Method> open = new ArrayDeque<>(from);
        while (!open.isEmpty()) {
            for (Method next : calls.getOrDefault(open.pop(), Set.of())) {
                if (!next.member().startsWith("<") && seen.add(next)) {
                    open.push(next);
                }
            }
        }
        return seen;
    }

    private Set<Method> targets(MethodNode method) {
        Set<Method> targets = new LinkedHashSet<>();
        for (AbstractInsnNode insn : method.instructions) {
            if (insn instanceof MethodInsnNode call) {
                addTargets(call, targets);
            }
        }
        return targets;
    }

    private void addTargets(MethodInsnNode call, Set<Method> targets) {
        for (ClassFile file : classes.chain(call.owner)) {
            if (file.method(call.name, call.desc) != null) {
                targets.add(new Method(file.name(), call.name + " " + call.desc));
                break;
            }
        }
        if (call.getOpcode() != Opcodes.INVOKEVIRTUAL && call.getOpcode() != Opcodes.INVOKEINTERFACE) {
            return;
        }
        addInherited(call, targets);
    }

    /** A class below the one named may inherit its answer from a class that is not below it. */
    private void addInherited(MethodInsnNode call, Set<Method> targets) {
        for (ClassFile below : classes.files()) {
            if (!classes.above(below.name()).contains(call.owner)) {
                continue;
            }
            for (ClassFile file : classes.chain(below.name())) {
                if (file.method(call.name, call.desc) != null) {
                    targets.add(new Method(file.name(), call.name + " " + call.desc));
                    break;
                }
            }
        }
    }

    private static Method key(ClassFile file, MethodNode method) {
        return new Method(file.name(), method.name + " " + method.desc);
    }
}
