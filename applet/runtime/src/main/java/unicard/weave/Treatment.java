package unicard.weave;

/** What becomes of a class on its way into a card. */
enum Treatment {
    /** Shared by all cards of the JVM: the parent loader defines it. */
    SHARED,
    /** Defined once a card, as it is. */
    UNTOUCHED,
    /** A class of jCardSim whose own helpers are replaced by torn ones. */
    PATCHED,
    /** State of an issuer domain: writes are journalled, objects are charged. */
    STATE,
    /** Applet code: as state, and executed bytecodes are counted and limited. */
    APPLET;

    private static final String[] SHARED_PREFIXES = {
        "java.", "javax.", "jdk.", "sun.", "com.sun.",
        "unicard.card.", "unicard.weave.", "unicard.gate.", "unicard.link.",
        "org.objectweb.asm.", "org.junit.", "org.opentest4j.", "org.apiguardian.",
        "com.licel.jcardsim.bouncycastle.",
    };
    private static final String[] UNTOUCHED_PREFIXES = {
        "javacard.", "javacardx.", "com.licel.", "org.globalplatform.",
        "unicard.runtime.", "unicard.manager.", "unicard.platform.",
    };

    /** By the name of a class, with dots. */
    static Treatment of(String name) {
        if (startsWithOneOf(name, SHARED_PREFIXES)) {
            return SHARED;
        }
        if (name.startsWith("unicard.manager.state.") || name.startsWith("unicard.runtime.state.")) {
            return STATE;
        }
        if (name.startsWith("com.licel.jcardsim.crypto.")) {
            return PATCHED;
        }
        return startsWithOneOf(name, UNTOUCHED_PREFIXES) ? UNTOUCHED : APPLET;
    }

    private static boolean startsWithOneOf(String name, String[] prefixes) {
        for (String prefix : prefixes) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }
}
