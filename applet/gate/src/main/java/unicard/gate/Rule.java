package unicard.gate;

import java.util.Locale;

/** What an applet is held to. Each rule has one id, its name in lower case with hyphens. */
public enum Rule {
    /** Bytes that are no class file, or code that cannot be verified. */
    CLASS_FILE("class files are whole", "compile it again"),
    /** Class file version above 51. */
    CLASS_VERSION("class files have at most version 51", "compile with --release 7"),
    /** A class without a package. */
    PACKAGE("every class is in a named package", "name a package: a CAP file holds one"),
    /** An applet class without install. */
    INSTALL(
            "an applet class has public static void install(byte[], short, byte)",
            "write it, and make and register the applet there"),
    /** new, outside constructors and install. */
    NEW(
            "objects are made at install",
            "make it in a constructor, in install, or in a helper that only they reach"),
    /** Calls of the API that make objects, outside constructors and install. */
    ALLOCATION(
            "arrays, keys and ciphers are taken from the API at install",
            "take it in a constructor and keep it in a field"),
    /** long. */
    LONG("there is no long", "use bytes in an array, or two shorts"),
    /** float. */
    FLOAT("there is no float", "use fixed point in shorts"),
    /** double. */
    DOUBLE("there is no double", "use fixed point in shorts"),
    /** char. */
    CHAR("there is no char", "use byte or short"),
    /** Strings, and what is made of them. */
    STRING("there are no strings", "use bytes in an array"),
    /** A declared int, an int array or an int constant. */
    INT("int is optional on cards, and not used here", "use short, or two shorts"),
    /** A result that may not fit 16 bits where that changes the meaning. */
    INTERMEDIATE(
            "a result that may not fit 16 bits is cast before it is compared, divided, shifted right or"
                    + " kept",
            "cast the intermediate result: (short) (a + b)"),
    /** Arrays of arrays. */
    MULTI_ARRAY("arrays have one dimension", "use one array and count offsets"),
    /** Threads and monitors. */
    THREAD("there are no threads", "drop it: a card runs one command at a time"),
    /** native methods. */
    NATIVE("applets have no native methods", "write it in Java, or use the API"),
    /** strictfp. */
    STRICTFP("there is no floating point to be strict about", "drop strictfp"),
    /** transient and volatile fields. */
    FIELD_KEYWORD(
            "fields are neither transient nor volatile",
            "take transient memory from JCSystem.makeTransient…Array"),
    /** Class objects and reflection. */
    REFLECTION("there is no reflection and there are no class literals", "name the class in the code"),
    /** invokedynamic, method handles. */
    LAMBDA("there are no lambdas and no invokedynamic", "write a class"),
    /** enum. */
    ENUM("there are no enums", "use byte constants"),
    /** assert. */
    ASSERT("there is no assert", "throw an ISOException, or leave the check to the tests"),
    /** Static initialisers beyond constants. */
    STATIC_INIT(
            "static fields start as constants or, in a package with an applet, arrays of constants",
            "set them in install, or keep the value in the applet object"),
    /** finalize. */
    FINALIZE("nothing is finalized", "drop finalize"),
    /** java.* outside the card's subset. */
    JAVA_API(
            "of java.* a card knows Object, Throwable and a few exceptions",
            "write it with javacard.framework"),
    /** Anything else that is neither in the set nor in the API. */
    API(
            "classes and members come from the applet itself, Java Card 3.0.5 or org.globalplatform",
            "use what the API has, or bring the class along"),
    /** An optional package that was not asked for. */
    OPTIONAL_API(
            "optional packages are used only where the card's profile has them",
            "do without, or name the package to the gate"),
    /** jsr and ret. */
    JSR("there is no jsr and no ret", "compile with a current compiler"),
    /** Case labels beyond 16 bits. */
    SWITCH_KEY("case labels fit 16 bits", "switch over a byte or a short"),
    /** Too many variables in a method. */
    LIMIT_LOCALS("a method has at most 255 variables, this and parameters included", "split it"),
    /** Too deep an operand stack. */
    LIMIT_STACK("a method's operand stack holds at most 255 cells", "split the expression"),
    /** Too long a method. */
    LIMIT_CODE("a method has at most 32767 bytes of code", "split it"),
    /** Too large an array. */
    LIMIT_ARRAY("an array holds at most 32767 components", "use several arrays"),
    /** Too many instance fields. */
    LIMIT_FIELDS("an object has at most 255 fields, inherited ones included", "use arrays"),
    /** Too many virtual methods. */
    LIMIT_METHODS(
            "a class has at most 128 public or protected and 128 package-visible instance methods,"
                    + " inherited ones included",
            "split the class"),
    /** Too many interfaces. */
    LIMIT_INTERFACES("a class has at most 15 interfaces, an interface 14", "drop some"),
    /** Too many static fields or methods. */
    LIMIT_STATICS(
            "a class has at most 256 public or protected static fields that are not final, and as many"
                    + " static methods",
            "split the class"),
    /** Too many classes. */
    LIMIT_CLASSES("a package has at most 255 classes and interfaces", "split the package");

    private final String wanted;
    private final String instead;

    Rule(String wanted, String instead) {
        this.wanted = wanted;
        this.instead = instead;
    }

    /** The name that reports and lists of exceptions use. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The rule itself, in words. */
    public String wanted() {
        return wanted;
    }

    /** What to do where it is broken. */
    public String instead() {
        return instead;
    }
}
