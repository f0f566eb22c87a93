package unicard.runtime;

import java.util.Optional;

/** Who asks the runtime environment for something. */
final class Callers {
    private static final StackWalker STACK = StackWalker.getInstance();

    private Callers() {}

    /** Whether jCardSim or the card manager asks for itself, not an applet. */
    static boolean platformAsks() {
        Optional<String> caller = STACK.walk(frames ->
                frames.map(StackWalker.StackFrame::getClassName).filter(Callers::isNoStep).findFirst());
        return caller.isEmpty() || isPlatform(caller.get());
    }

    /** Whether a frame is more than a step from the caller to here. */
    private static boolean isNoStep(String name) {
        return !name.startsWith("unicard.runtime.")
                && !name.equals("javacard.framework.JCSystem")
                && !isKeyMaking(name)
                && !name.startsWith("com.licel.jcardsim.base.");
    }

    /** The value of a transient key is its owner's, though the platform makes the array. */
    private static boolean isKeyMaking(String name) {
        return name.equals("com.licel.jcardsim.crypto.ByteContainer")
                || name.equals("com.licel.jcardsim.crypto.SymmetricKeyImpl")
                || name.equals("javacard.security.KeyBuilder");
    }

    private static boolean isPlatform(String name) {
        return name.startsWith("com.licel.jcardsim.")
                || name.startsWith("unicard.manager.")
                || name.startsWith("org.globalplatform.");
    }
}
