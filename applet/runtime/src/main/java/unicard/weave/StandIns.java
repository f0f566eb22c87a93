package unicard.weave;

import java.util.HashMap;
import java.util.Map;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.commons.ClassRemapper;
import org.objectweb.asm.commons.SimpleRemapper;

/** Classes of the platform that each card defines out of another class file, under the old name. */
final class StandIns {
    private static final Map<String, String> SOURCES =
            Map.of(
                    "javacard/framework/APDU", "unicard/runtime/api/CardApdu",
                    "javacard/framework/OwnerPIN", "unicard/runtime/api/TornOwnerPin",
                    "com/licel/jcardsim/crypto/ByteContainer", "unicard/runtime/api/TornKeyBytes",
                    "com/licel/jcardsim/crypto/SymmetricKeyImpl", "unicard/runtime/api/TornSymmetricKey",
                    "com/licel/jcardsim/crypto/RandomDataImpl", "unicard/runtime/api/RealRandomData",
                    "com/licel/jcardsim/crypto/SecureRandomNullProvider", "unicard/runtime/api/RealRandom");
    private static final Map<String, String> NAMES = new HashMap<>();

    static {
        SOURCES.forEach((name, source) -> NAMES.put(source, name));
    }

    private StandIns() {}

    /** The class file to read for a class; both names with slashes. */
    static String sourceOf(String name) {
        return SOURCES.getOrDefault(name, name);
    }

    static byte[] renamed(byte[] classFile) {
        ClassWriter writer = new ClassWriter(0);
        new ClassReader(classFile).accept(new ClassRemapper(writer, new SimpleRemapper(NAMES)), 0);
        return writer.toByteArray();
    }
}
