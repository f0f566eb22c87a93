package unicard.weave;

/** What becomes of a class on its way into a card. */
enum Treatment {
    /** Shared by all cards of the JVM: the parent loader defines it. */
    SHARED,
    /** Defined once a card, as it is. */
    UNTOUCHED,
    /** A class of the platform that is defined out of another class file. */
    REPLACED,
    /** A key of jCardSim: what it writes outside its constructor is torn. */
    KEYS,
    /** State of an issuer domain: writes are journalled, what it keeps is charged. */
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
        if (!StandIns.sourceOf(name.replace('.', '/')).equals(name.replace('.', '/'))) {
            return REPLACED;
        }
        if (name.startsWith("com.licel.jcardsim.crypto.") && name.endsWith("KeyImpl")) {
            return KEYS;
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
