package unicard.weave;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;

/** Leads calls of woven code to what stands in for the platform's own methods. */
final class Redirects {
    private static final String STAND_INS = "unicard/runtime/api/";
    /** Static classes that are replaced as a whole. */
    private static final Map<String, String> CLASSES =
            Map.of(
                    "javacard/framework/Util", STAND_INS + "TornUtil",
                    "javacardx/framework/util/ArrayLogic", STAND_INS + "TornArrayLogic");
    /** Static methods whose first parameter is what the replaced method is called on. */
    private static final Map<String, String> METHODS = new HashMap<>();
    private static final Set<String> NAMES = new HashSet<>();
    /** Static methods of the same signature. */
    private static final Map<String, String> STATICS = new HashMap<>();

    static {
        collect(METHODS, "ArrayOutputs");
        collect(METHODS, "KeyOutputs");
        STATICS.put("java/lang/System.arraycopy(Ljava/lang/Object;ILjava/lang/Object;II)V", "PlainJava");
        STATICS.put("java/util/Arrays.fill([BB)V", "PlainJava");
        STATICS.put("java/util/Arrays.fill([BIIB)V", "PlainJava");
        STATICS.put("javacard/framework/JCSystem.getAvailableMemory([SSB)V", "PlainJava");
        maker("javacardx/crypto/Cipher", "getInstance(BZ)", "Ciphers");
        maker("javacardx/crypto/Cipher", "getInstance(BBZ)", "Ciphers");
        maker("javacard/security/Signature", "getInstance(BZ)", "Signatures");
        maker("javacard/security/Signature", "getInstance(BBBZ)", "Signatures");
        maker("javacard/security/KeyAgreement", "getInstance(BZ)", "Agreements");
        maker("javacard/security/MessageDigest", "getInstance(BZ)", "Digests");
        STATICS.put(
                "javacard/security/MessageDigest.getInitializedMessageDigestInstance(BZ)"
                        + "Ljavacard/security/InitializedMessageDigest;",
                "Digests");
    }

    private Redirects() {}

    private static void maker(String type, String method, String standIn) {
        STATICS.put(type + "." + method + "L" + type + ";", standIn);
    }

    private static void collect(Map<String, String> methods, String standIn) {
        new ClassReader(World.classFile(STAND_INS + standIn))
                .accept(
                        new ClassVisitor(Opcodes.ASM9) {
                            @Override
                            public MethodVisitor visitMethod(
                                    int access,
                                    String name,
                                    String descriptor,
                                    String signature,
                                    String[] thrown) {
                                if ((access & Opcodes.ACC_PUBLIC) != 0) {
                                    methods.put(name + descriptor, standIn);
                                    NAMES.add(name);
                                }
                                return null;
                            }
                        },
                        ClassReader.SKIP_CODE);
    }

    static void weave(MethodNode method) {
        for (AbstractInsnNode instruction : method.instructions) {
            if (instruction instanceof MethodInsnNode call) {
                redirect(call);
            }
        }
    }

    private static void redirect(MethodInsnNode call) {
        if (call.getOpcode() == Opcodes.INVOKESTATIC) {
            String standIn = STATICS.get(call.owner + "." + call.name + call.desc);
            if (standIn != null) {
                lead(call, STAND_INS + standIn, call.desc);
            } else if (CLASSES.containsKey(call.owner)) {
                lead(call, CLASSES.get(call.owner), call.desc);
            }
        } else if (call.getOpcode() != Opcodes.INVOKESPECIAL
                && Weaver.isPlatform(call.owner)
                && NAMES.contains(call.name)) {
            redirectInstance(call, call.owner);
        }
    }

    /** The stand-in may be written for a superclass or an interface of the class that is named. */
    private static boolean redirectInstance(MethodInsnNode call, String owner) {
        String descriptor = "(L" + owner + ";" + call.desc.substring(1);
        String standIn = METHODS.get(call.name + descriptor);
        if (standIn != null) {
            lead(call, STAND_INS + standIn, descriptor);
            return true;
        }
        ClassReader reader = new ClassReader(World.classFile(owner));
        if (reader.getSuperName() != null
                && Weaver.isPlatform(reader.getSuperName())
                && redirectInstance(call, reader.getSuperName())) {
            return true;
        }
        for (String parent : reader.getInterfaces()) {
            if (redirectInstance(call, parent)) {
                return true;
            }
        }
        return false;
    }

    private static void lead(MethodInsnNode call, String owner, String descriptor) {
        call.setOpcode(Opcodes.INVOKESTATIC);
        call.owner = owner;
        call.desc = descriptor;
        call.itf = false;
    }
}
