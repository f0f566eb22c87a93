package unicard.runtime;

/** What woven classes call. Its statics are the card's, because each card loads this class itself. */
public final class Hooks {
    private static PersistentMemory memory;
    private static long instructions;
    private static long limit = Long.MAX_VALUE;

    private Hooks() {}

    /**
     * Connects the woven code of this card to its memory; to be called before the first applet runs.
     *
     * @param instructionLimit bytecodes that one command may execute
     */
    public static void use(PersistentMemory cardMemory, long instructionLimit) {
        memory = cardMemory;
        limit = instructionLimit;
    }

    /** The memory of this card. */
    public static PersistentMemory memory() {
        return memory;
    }

    /** Bytecodes executed in the current command. */
    static long instructions() {
        return instructions;
    }

    static void countFromZero() {
        instructions = 0;
    }

    /**
     * A basic block of applet code is entered.
     *
     * @throws Hung where the command exceeds its limit
     */
    public static void executes(int bytecodes) {
        instructions += bytecodes;
        if (instructions > limit) {
            throw new Hung(limit);
        }
    }
}
