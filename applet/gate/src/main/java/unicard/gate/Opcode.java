package unicard.gate;

import static org.objectweb.asm.Opcodes.*;

/** Which rule an opcode breaks by itself (JCVM table 2-5, unsupported bytecodes). */
final class Opcode {
    private Opcode() {}

    /** Null where the opcode is supported. */
    static Rule rule(int opcode) {
        return switch (opcode) {
            case LCONST_0, LCONST_1, LLOAD, LSTORE, LALOAD, LASTORE, LADD, LSUB, LMUL, LDIV, LREM, LNEG,
                    LSHL, LSHR, LUSHR, LAND, LOR, LXOR, LCMP, LRETURN, I2L, L2I, F2L, D2L -> Rule.LONG;
            case FCONST_0, FCONST_1, FCONST_2, FLOAD, FSTORE, FALOAD, FASTORE, FADD, FSUB, FMUL, FDIV,
                    FREM, FNEG, FCMPL, FCMPG, FRETURN, I2F, L2F, D2F, F2I -> Rule.FLOAT;
            case DCONST_0, DCONST_1, DLOAD, DSTORE, DALOAD, DASTORE, DADD, DSUB, DMUL, DDIV, DREM, DNEG,
                    DCMPL, DCMPG, DRETURN, I2D, L2D, F2D, D2I -> Rule.DOUBLE;
            case CALOAD, CASTORE, I2C -> Rule.CHAR;
            case IALOAD, IASTORE, IINC -> Rule.INT;
            case MONITORENTER, MONITOREXIT -> Rule.THREAD;
            case JSR, RET -> Rule.JSR;
            case INVOKEDYNAMIC -> Rule.LAMBDA;
            default -> null;
        };
    }

    /** The rule that the elements of a NEWARRAY break, or null. */
    static Rule ofArray(int elements) {
        return switch (elements) {
            case T_LONG -> Rule.LONG;
            case T_FLOAT -> Rule.FLOAT;
            case T_DOUBLE -> Rule.DOUBLE;
            case T_CHAR -> Rule.CHAR;
            case T_INT -> Rule.INT;
            default -> null;
        };
    }
}
