package unicard.application;

/**
 * Unsigned numbers of four bytes, the first byte the greatest, for a card that computes in 16 bits. Amounts
 * are at most 7FFFFFFF: two of them have a sum that four bytes hold.
 */
final class Amounts {
    static final short LENGTH = 4;

    private static final short LAST = LENGTH - 1;

    private Amounts() {}

    /** Whether the first number is greater than the second one; of dates in BCD: whether it is later. */
    static boolean isAbove(byte[] one, short at, byte[] other, short from) {
        for (short i = 0; i < LENGTH; i++) {
            short left = (short) (one[(short) (at + i)] & 0xFF);
            short right = (short) (other[(short) (from + i)] & 0xFF);
            if (left != right) {
                return left > right;
            }
        }
        return false;
    }

    static boolean isZero(byte[] amount, short at) {
        return amount[at] == 0
                && amount[(short) (at + 1)] == 0
                && amount[(short) (at + 2)] == 0
                && amount[(short) (at + LAST)] == 0;
    }

    /** Adds to the target, without what four bytes cannot hold. */
    static void add(byte[] target, short at, byte[] amount, short from) {
        short sum = 0;
        for (short i = LAST; i >= 0; i--) {
            short place = (short) (at + i);
            sum += (short) ((target[place] & 0xFF) + (amount[(short) (from + i)] & 0xFF));
            target[place] = (byte) sum;
            sum = (short) (sum >> 8);
        }
    }

    /** Takes from the target, which is not smaller. */
    static void subtract(byte[] target, short at, byte[] amount, short from) {
        short rest = 0;
        for (short i = LAST; i >= 0; i--) {
            short place = (short) (at + i);
            rest += (short) ((target[place] & 0xFF) - (amount[(short) (from + i)] & 0xFF));
            target[place] = (byte) rest;
            rest = (short) (rest >> 8);
        }
    }

    /** Adds an amount to an amount, and stops at 7FFFFFFF. */
    static void addBounded(byte[] target, short at, byte[] amount, short from) {
        add(target, at, amount, from);
        if (target[at] < 0) {
            fillMost(target, at);
        }
    }

    /**
     * Adds so many times an amount to an amount, and stops at 7FFFFFFF; times are unsigned. By doubling: 16
     * steps at most, however many times. What is added is changed.
     */
    static void addTimes(byte[] target, short at, byte[] amount, short from, short times) {
        while (times != 0) {
            if ((times & 1) != 0) {
                addBounded(target, at, amount, from);
            }
            addBounded(amount, from, amount, from);
            times = (short) (times >> 1 & 0x7FFF);
        }
    }

    private static void fillMost(byte[] target, short at) {
        target[at] = 0x7F;
        for (short i = 1; i < LENGTH; i++) {
            target[(short) (at + i)] = (byte) 0xFF;
        }
    }
}
