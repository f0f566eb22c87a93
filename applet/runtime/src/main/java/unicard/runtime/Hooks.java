package unicard.runtime;

import com.licel.jcardsim.base.SimulatorSystem;

/**
 * What woven classes call. Its statics are the card's, because each card loads this class itself.
 *
 * <p>Null, bounds and type are checked before a write is counted, as Java would before it writes.
 */
public final class Hooks {
    /** Bytes charged for an object that a class of the platform makes for an applet. */
    public static final int PLATFORM_OBJECT = 32;

    private static PersistentMemory memory;
    private static Writer writer;
    private static long instructions;
    private static long limit = Long.MAX_VALUE;
    /** The limit while there is power; without it, the next basic block is the last. */
    private static long liveLimit = Long.MAX_VALUE;
    /** Depth of class initialisers: what they write is part of the load file. */
    private static int initializers;

    private Hooks() {}

    /**
     * Connects the woven code of this card to its memory; to be called before the first applet runs.
     *
     * @param instructionLimit bytecodes that one command may execute
     */
    public static void use(PersistentMemory cardMemory, long instructionLimit) {
        memory = cardMemory;
        writer = cardMemory.writer();
        liveLimit = instructionLimit;
        limit = instructionLimit;
    }

    /** Whether the code that runs belongs to what is selected. */
    public static boolean isSelected() {
        Contexts contexts = (Contexts) SimulatorSystem.instance();
        return contexts.activePackage().equals(contexts.selectedPackage());
    }

    /** The memory of this card. */
    public static PersistentMemory memory() {
        return memory;
    }

    static long instructions() {
        return instructions;
    }

    static void countFromZero() {
        instructions = 0;
    }

    static void halt() {
        limit = -1;
    }

    static void go() {
        limit = liveLimit;
    }

    /**
     * A basic block of applet code is entered.
     *
     * @throws Hung where the command exceeds its limit
     * @throws PowerCut where there is no power
     */
    public static void executes(int bytecodes) {
        instructions += bytecodes;
        if (instructions > limit) {
            stop();
        }
    }

    private static void stop() {
        if (instructions > liveLimit) {
            throw new Hung(liveLimit);
        }
        if (initializers == 0) {
            throw new PowerCut();
        }
    }

    /** A class initialiser of an applet begins: its constants come with the load file. */
    public static void initializerBegins() {
        initializers++;
    }

    /** A class initialiser ends, in whatever way. */
    public static void initializerEnds() {
        initializers--;
    }

    // ---- Objects

    /** An applet made an array. */
    public static void madeArray(Object array) {
        made(array, Room.sizeOfArray(array));
        if (array instanceof Object[] parts && array.getClass().getComponentType().isArray()) {
            for (Object part : parts) {
                if (part != null) {
                    madeArray(part);
                }
            }
        }
    }

    /** A constructor has called its superclass's, or the platform made an object for an applet. */
    public static void made(Object object, int size) {
        if (initializers > 0) {
            memory.allocatedForGood(object, size);
        } else {
            memory.allocated(object, size);
        }
    }

    /** State of the card manager comes to refer to something: from here on it takes room. */
    public static void kept(Object value) {
        if (value != null && !memory.knows(value)) {
            Class<?> type = value.getClass();
            if (type.isArray()) {
                made(value, Room.sizeOfArray(value));
            } else if (type.getClassLoader() == Hooks.class.getClassLoader()) {
                made(value, Room.sizeOfObject(type));
            }
        }
    }

    /**
     * An applet is about to keep a reference.
     *
     * @throws SecurityException where the object is lent for the duration of a call only (JCRE 6.2)
     */
    public static void notLent(Object value) {
        if (value != null && memory.isLent(value)) {
            throw new SecurityException("the reference to it must not be kept");
        }
    }

    // ---- Fields

    /** PUTFIELD. */
    public static void field(Object holder, int site) {
        if (holder == null) {
            throw new NullPointerException();
        }
        if (initializers == 0) {
            writer.field(holder, site);
        }
    }

    /** PUTFIELD to the object that is being constructed. */
    public static void ownField(Object holder, int site) {
        if (initializers == 0) {
            writer.ownField(holder, site);
        }
    }

    /** PUTFIELD in a key object of the platform. */
    public static void keyField(Object holder, int site) {
        if (memory.keysJoinTransactions()) {
            writer.field(holder, site);
        } else {
            writer.fieldForGood(holder, site);
        }
    }

    /** PUTSTATIC. */
    public static void staticField(int site) {
        Fields.staticIsWritten(site);
        if (initializers == 0) {
            writer.field(null, site);
        }
    }

    // ---- Elements of arrays

    /** BASTORE. */
    public static void store(Object array, int index, int value) {
        if (array instanceof byte[] bytes) {
            store(bytes, index, (byte) value);
        } else {
            boolean[] flags = (boolean[]) array;
            before(flags, flags.length, index);
            flags[index] = (value & 1) != 0;
        }
    }

    private static void store(byte[] array, int index, byte value) {
        before(array, array.length, index);
        array[index] = value;
    }

    /** SASTORE. */
    public static void store(short[] array, int index, int value) {
        before(array, array.length, index);
        array[index] = (short) value;
    }

    /** CASTORE. */
    public static void store(char[] array, int index, int value) {
        before(array, array.length, index);
        array[index] = (char) value;
    }

    /** IASTORE. */
    public static void store(int[] array, int index, int value) {
        before(array, array.length, index);
        array[index] = value;
    }

    /** LASTORE. */
    public static void store(long[] array, int index, long value) {
        before(array, array.length, index);
        array[index] = value;
    }

    /** FASTORE. */
    public static void store(float[] array, int index, float value) {
        before(array, array.length, index);
        array[index] = value;
    }

    /** DASTORE. */
    public static void store(double[] array, int index, double value) {
        before(array, array.length, index);
        array[index] = value;
    }

    /** AASTORE. */
    public static void store(Object[] array, int index, Object value) {
        checkIndex(array.length, index);
        if (value != null && !array.getClass().getComponentType().isInstance(value)) {
            throw new ArrayStoreException(value.getClass().getName());
        }
        before(array, array.length, index);
        array[index] = value;
    }

    private static void before(Object array, int length, int index) {
        checkIndex(length, index);
        if (initializers == 0 && !memory.isVolatile(array)) {
            writer.array(array, index, 1);
        }
    }

    private static void checkIndex(int length, int index) {
        if (index < 0 || index >= length) {
            throw new ArrayIndexOutOfBoundsException(index);
        }
    }
}
