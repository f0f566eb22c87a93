package unicard.gate;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.InvokeDynamicInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.VarInsnNode;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.BasicInterpreter;
import org.objectweb.asm.tree.analysis.BasicValue;
import unicard.gate.ShortKind.Width;

/**
 * Follows how wide each value is, as a converter must that maps Java's 32-bit arithmetic to a card's
 * 16-bit arithmetic (JCVM 2.3.2 and chapter 3: there are sadd, smul… and no int on the stack).
 *
 * <ul>
 *   <li>sum, difference, product and negation of bytes are shorts; of anything wider they are uncast;
 *   <li>a left or an unsigned right shift is uncast; a right shift keeps its width;
 *   <li>a remainder is as wide as its operands; a quotient too where the divisor is a constant other
 *       than −1 or the dividend a byte (−32768 / −1 does not fit);
 *   <li>and, or, exclusive or are as wide as the wider operand;
 *   <li>casts to byte and short give that width, and so do byte and short variables, fields, array
 *       elements, results and the length of an array. A variable's declared type is known where the
 *       class has its table of variables (javac -g); else it is as wide as what was stored.
 * </ul>
 *
 * An uncast value may be cast or go on in +, −, ×, &lt;&lt;, &amp;, |, ^, where only its lower 16 bits matter. It
 * must not be compared, divided, shifted right, used as an index, a length, a shift count or a switch
 * key, passed, returned or kept.
 */
final class ShortArithmetic extends BasicInterpreter {
    private final Set<AbstractInsnNode> sensitive = new HashSet<>();
    private final Variables variables;

    ShortArithmetic(Variables variables) {
        super(Opcodes.ASM9);
        this.variables = variables;
    }

    /** The instructions that got an uncast value and must not. */
    Set<AbstractInsnNode> sensitive() {
        return sensitive;
    }

    @Override
    public BasicValue newValue(Type type) {
        if (type == null) {
            return super.newValue(null);
        }
        return switch (type.getSort()) {
            case Type.BOOLEAN, Type.BYTE -> ShortKind.of(Width.BYTE);
            case Type.CHAR, Type.SHORT, Type.INT -> ShortKind.of(Width.SHORT);
            default -> super.newValue(type);
        };
    }

    @Override
    public BasicValue newOperation(AbstractInsnNode insn) throws AnalyzerException {
        int opcode = insn.getOpcode();
        if (opcode >= Opcodes.ICONST_M1 && opcode <= Opcodes.ICONST_5) {
            return ShortKind.constant(opcode - Opcodes.ICONST_0);
        }
        if (insn instanceof IntInsnNode push) {
            return ShortKind.constant(push.operand);
        }
        if (insn instanceof LdcInsnNode load && load.cst instanceof Integer number) {
            return ShortKind.constant(number);
        }
        if (opcode == Opcodes.GETSTATIC) {
            return newValue(Type.getType(((FieldInsnNode) insn).desc));
        }
        return super.newOperation(insn);
    }

    @Override
    public BasicValue copyOperation(AbstractInsnNode insn, BasicValue value) {
        if (insn.getOpcode() != Opcodes.ISTORE) {
            return value;
        }
        ShortKind kept = kept(insn, value);
        Type declared = variables.declared((VarInsnNode) insn);
        return declared == null ? ShortKind.of(kept.width()) : newValue(declared);
    }

    @Override
    public BasicValue unaryOperation(AbstractInsnNode insn, BasicValue value) throws AnalyzerException {
        switch (insn.getOpcode()) {
            case Opcodes.I2B:
                return ShortKind.of(Width.BYTE);
            case Opcodes.I2S, Opcodes.I2C, Opcodes.ARRAYLENGTH, Opcodes.IINC:
                return ShortKind.of(Width.SHORT);
            case Opcodes.INEG:
                return sum(value, value);
            case Opcodes.INSTANCEOF:
                return ShortKind.of(Width.BYTE);
            case Opcodes.GETFIELD:
                return newValue(Type.getType(((FieldInsnNode) insn).desc));
            default:
                kept(insn, value);
                return super.unaryOperation(insn, value);
        }
    }

    @Override
    public BasicValue binaryOperation(AbstractInsnNode insn, BasicValue left, BasicValue right)
            throws AnalyzerException {
        switch (insn.getOpcode()) {
            case Opcodes.IADD, Opcodes.ISUB, Opcodes.IMUL:
                return sum(left, right);
            case Opcodes.ISHL:
                kept(insn, right);
                return ShortKind.of(Width.UNCAST);
            case Opcodes.IUSHR:
                kept(insn, left);
                kept(insn, right);
                return ShortKind.of(Width.UNCAST);
            case Opcodes.ISHR:
                kept(insn, right);
                return ShortKind.of(kept(insn, left).width());
            case Opcodes.IDIV:
                return quotient(kept(insn, left), kept(insn, right));
            case Opcodes.IREM:
                return ShortKind.of(kept(insn, left).meet(kept(insn, right)).width());
            case Opcodes.IAND, Opcodes.IOR, Opcodes.IXOR:
                return ShortKind.of(wider(left, right));
            case Opcodes.BALOAD:
                kept(insn, right);
                return ShortKind.of(Width.BYTE);
            case Opcodes.SALOAD, Opcodes.CALOAD, Opcodes.IALOAD:
                kept(insn, right);
                return ShortKind.of(Width.SHORT);
            default:
                kept(insn, left);
                kept(insn, right);
                return super.binaryOperation(insn, left, right);
        }
    }

    @Override
    public BasicValue ternaryOperation(
            AbstractInsnNode insn, BasicValue array, BasicValue index, BasicValue value) {
        kept(insn, index);
        kept(insn, value);
        return null;
    }

    @Override
    public BasicValue naryOperation(AbstractInsnNode insn, List<? extends BasicValue> values)
            throws AnalyzerException {
        values.forEach(value -> kept(insn, value));
        if (insn instanceof MethodInsnNode call) {
            return newValue(Type.getReturnType(call.desc));
        }
        if (insn instanceof InvokeDynamicInsnNode call) {
            return newValue(Type.getReturnType(call.desc));
        }
        return super.naryOperation(insn, values);
    }

    @Override
    public void returnOperation(AbstractInsnNode insn, BasicValue value, BasicValue expected) {
        kept(insn, value);
    }

    @Override
    public BasicValue merge(BasicValue one, BasicValue other) {
        if (one instanceof ShortKind kind && other instanceof ShortKind more) {
            return kind.meet(more);
        }
        return super.merge(one, other);
    }

    private static BasicValue sum(BasicValue left, BasicValue right) {
        return ShortKind.of(wider(left, right) == Width.BYTE ? Width.SHORT : Width.UNCAST);
    }

    private static BasicValue quotient(ShortKind dividend, ShortKind divisor) {
        if (dividend.width() == Width.BYTE || divisor.isConstantOtherThan(-1)) {
            return ShortKind.of(Width.SHORT);
        }
        return ShortKind.of(Width.UNCAST);
    }

    private static Width wider(BasicValue left, BasicValue right) {
        if (left instanceof ShortKind kind && right instanceof ShortKind more) {
            return kind.meet(more).width();
        }
        return Width.SHORT;
    }

    /** Notes the instruction where the value is uncast; goes on as if it had been cast. */
    private ShortKind kept(AbstractInsnNode insn, BasicValue value) {
        if (!(value instanceof ShortKind kind)) {
            return ShortKind.of(Width.SHORT);
        }
        if (!kind.uncast()) {
            return kind;
        }
        sensitive.add(insn);
        return ShortKind.of(Width.SHORT);
    }
}
