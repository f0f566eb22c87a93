package unicard.gate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * Reads an applet's class files and says where they break a {@link Rule}.
 *
 * <p>Classes are judged together: what one of them names must be in the set, in Java Card Classic
 * 3.0.5 or in org.globalplatform.
 *
 * <pre>{@code BytecodeGate.check(Path.of("target/classes"));}</pre>
 */
public final class BytecodeGate {
    /** Without optional packages. */
    public static final BytecodeGate STANDARD = new BytecodeGate(Set.of());

    private final Set<String> optional;

    private BytecodeGate(Set<String> optional) {
        this.optional = Set.copyOf(optional);
    }

    /** A gate that also lets optional packages of Java Card 3.0.5 pass, named with dots. */
    public BytecodeGate allowing(String... packages) {
        Set<String> more = new LinkedHashSet<>(optional);
        Arrays.stream(packages).map(name -> name.replace('.', '/')).forEach(more::add);
        return new BytecodeGate(more);
    }

    /**
     * Fails where the classes break a rule; for tests.
     *
     * @param paths folders of classes, or jars
     * @throws AssertionError that lists every finding
     * @throws IOException where a path cannot be read or holds no class
     */
    public static void check(Path... paths) throws IOException {
        List<Finding> findings = STANDARD.findings(paths);
        if (!findings.isEmpty()) {
            throw new AssertionError(report(findings));
        }
    }

    /** One finding a line. */
    public static String report(Collection<Finding> findings) {
        return findings.stream().map(Finding::toString).collect(Collectors.joining("\n"));
    }

    /**
     * Judges the class files in folders and jars, as one set.
     *
     * @throws IOException where a path cannot be read or holds no class
     */
    public List<Finding> findings(Path... paths) throws IOException {
        List<byte[]> classes = new ArrayList<>();
        for (Path path : paths) {
            List<byte[]> found = ClassFinder.in(path);
            if (found.isEmpty()) {
                throw new IOException(path + " holds no class files");
            }
            classes.addAll(found);
        }
        return findings(classes);
    }

    /** Judges class files as one set, in the order given. */
    public List<Finding> findings(Collection<byte[]> classes) {
        Findings findings = new Findings();
        List<ClassFile> files = new ArrayList<>();
        for (byte[] bytes : classes) {
            ClassFile file = open(bytes, findings);
            if (file != null && !file.name().endsWith("package-info")) {
                files.add(file);
            }
        }
        judge(new ClassSet(files, Api.listed()), findings);
        return findings.list();
    }

    private static ClassFile open(byte[] bytes, Findings findings) {
        ClassFile.Header header = ClassFile.header(bytes);
        Findings.Place unknown = new Findings.Place("?", "", 0);
        if (header.fault() != null) {
            findings.add(unknown, Rule.CLASS_FILE, header.fault());
            return null;
        }
        boolean tooNew = header.major() > ClassFile.NEWEST;
        try {
            ClassFile file = ClassFile.parse(bytes);
            if (tooNew) {
                findings.add(Findings.Place.of(file), Rule.CLASS_VERSION, "this one has " + header.major());
            }
            return file;
        } catch (RuntimeException e) {
            Rule rule = tooNew ? Rule.CLASS_VERSION : Rule.CLASS_FILE;
            findings.add(unknown, rule, "a class file of version " + header.major() + " cannot be read");
            return null;
        }
    }

    private void judge(ClassSet classes, Findings findings) {
        Names names = new Names(classes, optional, findings);
        Types types = new Types(names, findings);
        ShapeRules shape = new ShapeRules(classes, names, types, findings);
        CodeRules code = new CodeRules(names, types, findings);
        Limits limits = new Limits(classes, findings);
        CallGraph calls = new CallGraph(classes);
        limits.packages();
        for (ClassFile file : classes.files()) {
            if (ShapeRules.isEnum(file)) {
                findings.add(Findings.Place.of(file), Rule.ENUM, "this class is an enum");
            } else if (ShapeRules.hasAsserts(file)) {
                findings.add(Findings.Place.of(file), Rule.ASSERT, "this class has an assert");
            } else {
                shape.type(file);
                limits.type(file);
                for (FieldNode field : file.node().fields) {
                    shape.field(file, field);
                }
                for (MethodNode method : file.methods()) {
                    Findings.Place place = Findings.Place.of(file, method.name + method.desc);
                    shape.method(place, method);
                    limits.method(place, method);
                    code.judge(place, method, calls.installOnly(file, method));
                    if (method.name.equals("<clinit>")) {
                        StaticInit.judge(place, file, method, classes.isInLibrary(file), findings);
                    }
                }
            }
        }
    }
}
