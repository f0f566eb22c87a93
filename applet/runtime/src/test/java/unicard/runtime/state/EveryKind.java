package unicard.runtime.state;

import java.util.Arrays;
import java.util.List;

/** State of a domain may be of any type, and is written in today's Java. */
public final class EveryKind {
    /** A place and its name. */
    public record Place(String name, byte[] bytes) {}

    private enum Colour {
        RED,
        GREEN
    }

    private static long wideStatic;
    private static double exactStatic;

    private final int serial;
    private boolean flag;
    private byte small;
    private char letter;
    private short middle;
    private int number;
    private long wide;
    private float rough;
    private double exact;
    private String text;
    private Colour colour = Colour.RED;
    private Place place;
    private final boolean[] flags = new boolean[2];
    private final byte[] bytes = new byte[8];
    private final char[] letters = new char[2];
    private final short[] middles = new short[2];
    private final int[] numbers = new int[2];
    private final long[] wides = new long[2];
    private final float[] roughs = new float[2];
    private final double[] exacts = new double[2];
    private final byte[][] rows = new byte[2][];

    public EveryKind(int serial) {
        this.serial = serial;
    }

    /** Writes a value everywhere. */
    public void write(int value) {
        flag = value % 2 == 1;
        small = (byte) value;
        letter = (char) value;
        middle = (short) value;
        number = value;
        wide = value;
        rough = value;
        exact = value;
        text = "value " + value;
        colour = value % 2 == 1 ? Colour.GREEN : Colour.RED;
        place = new Place(text, bytes.clone());
        wideStatic = value;
        exactStatic = value;
        flags[1] = flag;
        bytes[0] = small;
        letters[1] = letter;
        middles[1] = middle;
        numbers[1] += value - numbers[1];
        wides[1] = wide;
        roughs[1] = rough;
        exacts[1] = exact;
        rows[1] = new byte[] {small};
        System.arraycopy(new byte[] {small, small}, 0, bytes, 1, 2);
        Arrays.fill(bytes, 3, 5, small);
        List.of(5, 6).forEach(at -> bytes[at] = small);
    }

    /** Everything that it holds. */
    public String all() {
        return serial + " " + flag + small + (int) letter + middle + number + wide + rough + exact + text
                + colour
                + (place == null ? null : place.name()) + wideStatic + exactStatic + flags[1]
                + Arrays.toString(bytes) + (int) letters[1] + middles[1] + numbers[1] + wides[1] + roughs[1]
                + exacts[1] + Arrays.toString(rows[1]);
    }

    public byte[] scratch(int length) {
        byte[] scratch = new byte[length];
        scratch[0] = 1;
        return scratch;
    }
}
