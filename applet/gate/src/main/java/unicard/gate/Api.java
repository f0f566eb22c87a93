package unicard.gate;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * The classes and members that applets may name: Java Card Classic 3.0.5, out of the lists {@code
 * java-subset.txt} and {@code javacard-3.0.5.txt}, and org.globalplatform, out of its own class files.
 *
 * <p>A line of a list is a class ({@code class NAME extends NAME implements NAME…}), an interface
 * ({@code interface NAME extends NAME…}) or, indented,
 * a public or protected member ({@code NAME DESCRIPTOR}, with {@code static} before it where it is).
 */
final class Api {
    /** Packages that every card of this project has; the others are optional. */
    static final Set<String> CORE =
            Set.of(
                    "javacard/framework",
                    "javacard/security",
                    "javacardx/crypto",
                    "javacardx/apdu",
                    "org/globalplatform",
                    "java/lang",
                    "java/io");

    private static final List<String> LISTS = List.of("java-subset.txt", "javacard-3.0.5.txt");
    private static final Api LISTED = load();

    private static final String GLOBAL_PLATFORM = "org/globalplatform/";

    private final Map<String, Type> types = new ConcurrentHashMap<>();

    /** A class or interface of the API. */
    record Type(
            String name,
            boolean isInterface,
            String superName,
            List<String> interfaces,
            Set<String> members) {
        String packageName() {
            return name.substring(0, name.lastIndexOf('/'));
        }

        /** Instance methods other than constructors, as "name descriptor". */
        Stream<String> virtuals() {
            return members.stream()
                    .filter(member -> !member.startsWith("static ") && !member.startsWith("<"))
                    .filter(member -> member.contains("("));
        }
    }

    private Api() {}

    static Api listed() {
        return LISTED;
    }

    /** Null where the API has no such class. */
    Type type(String name) {
        Type type = types.get(name);
        return type == null && name.startsWith(GLOBAL_PLATFORM) ? fromClassFile(name) : type;
    }

    private Type fromClassFile(String name) {
        try (InputStream in = Api.class.getResourceAsStream("/" + name + ".class")) {
            if (in == null) {
                return null;
            }
            Type type = describe(in.readAllBytes());
            types.put(name, type);
            return type;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a class file offers to others: its public and protected members. */
    static Type describe(byte[] bytes) {
        ClassNode node = ClassFile.parse(bytes).node();
        Set<String> members = new TreeSet<>();
        for (FieldNode field : node.fields) {
            add(members, field.access, field.name, field.desc);
        }
        for (MethodNode method : node.methods) {
            add(members, method.access, method.name, method.desc);
        }
        boolean isInterface = (node.access & Opcodes.ACC_INTERFACE) != 0;
        return new Type(node.name, isInterface, node.superName, node.interfaces, members);
    }

    private static void add(Set<String> members, int access, String name, String descriptor) {
        if ((access & (Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED)) != 0) {
            String prefix = (access & Opcodes.ACC_STATIC) != 0 ? "static " : "";
            members.add(prefix + name + " " + descriptor);
        }
    }

    Set<String> names() {
        return types.keySet();
    }

    /** The member, looked for in the class and everything above it. */
    boolean has(String owner, String member) {
        for (Type type : above(owner)) {
            if (type.members().contains(member) || type.members().contains("static " + member)) {
                return true;
            }
        }
        return false;
    }

    /** The class itself and all that it extends and implements, as far as the API knows them. */
    List<Type> above(String name) {
        List<Type> found = new ArrayList<>();
        collect(name, found);
        return found;
    }

    private void collect(String name, List<Type> found) {
        Type type = name == null ? null : type(name);
        if (type == null || found.contains(type)) {
            return;
        }
        found.add(type);
        collect(type.superName(), found);
        type.interfaces().forEach(each -> collect(each, found));
    }

    private static Api load() {
        Api api = new Api();
        for (String list : LISTS) {
            try (InputStream in = Api.class.getResourceAsStream(list);
                    BufferedReader lines =
                            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                api.read(lines.lines().toList());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return api;
    }

    private void read(List<String> lines) {
        Type type = null;
        for (String line : lines) {
            if (line.startsWith("class ") || line.startsWith("interface ")) {
                type = head(line.split(" "));
                types.put(type.name(), type);
            } else if (line.startsWith("  ") && type != null) {
                type.members().add(line.strip());
            }
        }
    }

    private static Type head(String[] words) {
        boolean isInterface = words[0].equals("interface");
        List<String> above = new ArrayList<>(List.of(words).subList(2, words.length));
        above.removeAll(List.of("extends", "implements"));
        if (isInterface || above.isEmpty()) {
            return new Type(words[1], isInterface, null, above, new HashSet<>());
        }
        return new Type(words[1], false, above.remove(0), above, new HashSet<>());
    }
}
