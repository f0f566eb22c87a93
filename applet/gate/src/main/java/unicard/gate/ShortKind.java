package unicard.gate;

import org.objectweb.asm.Type;
import org.objectweb.asm.tree.analysis.BasicValue;

/** What 16-bit arithmetic knows of a value: its width, and the value itself where it is a constant. */
final class ShortKind extends BasicValue {
    /** Ordered by width: the wider of two is what a meeting of two paths gives. */
    enum Width {
        /** −128 to 127, booleans too. */
        BYTE,
        /** −32768 to 32767. */
        SHORT,
        /** Right in its lower 16 bits only: on a card it may have overflowed. */
        UNCAST
    }

    private final Width width;
    private final Integer constant;

    private ShortKind(Width width, Integer constant) {
        super(Type.INT_TYPE);
        this.width = width;
        this.constant = constant;
    }

    static ShortKind of(Width width) {
        return new ShortKind(width, null);
    }

    /** Constants beyond 16 bits count as short here: they have a finding of their own. */
    static ShortKind constant(int value) {
        boolean small = value >= Byte.MIN_VALUE && value <= Byte.MAX_VALUE;
        return new ShortKind(small ? Width.BYTE : Width.SHORT, value);
    }

    Width width() {
        return width;
    }

    boolean uncast() {
        return width == Width.UNCAST;
    }

    boolean isConstantOtherThan(int value) {
        return constant != null && constant != value;
    }

    ShortKind meet(ShortKind other) {
        if (equals(other)) {
            return this;
        }
        return of(width.compareTo(other.width) >= 0 ? width : other.width);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ShortKind kind
                && width == kind.width
                && (constant == null ? kind.constant == null : constant.equals(kind.constant));
    }

    @Override
    public int hashCode() {
        return width.hashCode();
    }
}
