package probes.memory;

/** Runs a known number of bytecodes. */
public class Loops {
    /** iconst_0 istore, then iload iload if_icmpge iinc-like addition a turn. */
    public static short count(short turns) {
        short turn = 0;
        while (turn < turns) {
            turn++;
        }
        return turn;
    }

    public static void forever() {
        while (true) {
            count((short) 100);
        }
    }

    /** Catches whatever ends a loop, and goes on. */
    public static void stubborn() {
        while (true) {
            try {
                forever();
            } catch (Throwable all) {
                count((short) 1);
            }
        }
    }

    /** Choices and handlers in all shapes, for the verifier. */
    public static short shapes(short choice, byte[] bytes) {
        short result = 0;
        try {
            switch (choice) {
                case 0:
                    result = 1;
                    break;
                case 1:
                    result = bytes[5];
                    break;
                case 1000:
                    result = new Makings.Pair((short) (bytes == null ? 3 : 4), (byte) 1).left;
                    break;
                default:
                    bytes[0] = (byte) (choice > 5 ? 1 : 2);
                    result = bytes[0];
            }
        } catch (NullPointerException none) {
            result = 100;
        } catch (ArrayIndexOutOfBoundsException outside) {
            result = 101;
        } finally {
            result += 1000;
        }
        return result;
    }
}
