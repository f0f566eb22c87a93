package unicard.gate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import javacard.framework.JCSystem;

/** Writes javacard-3.0.5.txt out of the jar whose javacard classes are those of the 3.0.5 API. */
final class ApiListing {
    /**
     * What the jar adds to the API: constructors of classes that have static members only, which the
     * API calls package visible.
     */
    static final Set<String> ADDITIONS =
            Set.of(
                    "javacard/framework/JCSystem <init> ()V",
                    "javacard/framework/Util <init> ()V",
                    "javacardx/framework/math/BCDUtil <init> ()V",
                    "javacardx/framework/math/ParityBit <init> ()V");

    private static final String HEAD =
            """
            # Java Card Classic 3.0.5: public and protected members of javacard.* and javacardx.*. Written by
            # ApiListing (in the gate's tests) out of jCardSim's jar, which holds the API's own classes, less
            # what that jar adds, less RMI and javacardx.framework.util.intx (they need Remote and int).
            """;

    private ApiListing() {}

    /** Takes the path of the list. */
    public static void main(String[] arguments) throws IOException {
        Files.writeString(Path.of(arguments[0]), text());
    }

    static String text() throws IOException {
        StringBuilder text = new StringBuilder(HEAD);
        for (Api.Type type : types().values()) {
            text.append(type.isInterface() ? "interface " : "class ").append(type.name());
            if (!type.isInterface()) {
                text.append(" extends ").append(type.superName());
            }
            if (!type.interfaces().isEmpty()) {
                String word = type.isInterface() ? " extends " : " implements ";
                text.append(word).append(String.join(" ", type.interfaces()));
            }
            text.append('\n');
            for (String member : new TreeSet<>(type.members())) {
                if (!ADDITIONS.contains(type.name() + " " + member)) {
                    text.append("  ").append(member).append('\n');
                }
            }
        }
        return text.toString();
    }

    private static TreeMap<String, Api.Type> types() throws IOException {
        String jar = JCSystem.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        TreeMap<String, Api.Type> types = new TreeMap<>();
        try (JarFile file = new JarFile(jar)) {
            for (JarEntry entry : file.stream().filter(ApiListing::listed).collect(Collectors.toList())) {
                try (InputStream in = file.getInputStream(entry)) {
                    byte[] bytes = in.readAllBytes();
                    if ((ClassFile.parse(bytes).node().access & org.objectweb.asm.Opcodes.ACC_PUBLIC) != 0) {
                        Api.Type type = Api.describe(bytes);
                        types.put(type.name(), type);
                    }
                }
            }
        }
        return types;
    }

    private static boolean listed(JarEntry entry) {
        String name = entry.getName();
        return name.startsWith("javacard")
                && name.endsWith(".class")
                && !name.contains("/intx/")
                && !name.contains("RMI")
                && !name.contains("Remote");
    }
}
