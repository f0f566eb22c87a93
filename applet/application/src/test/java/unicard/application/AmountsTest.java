package unicard.application;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Numbers of four bytes, against numbers of eight. */
class AmountsTest {
    private static final long MOST = 0x7FFFFFFFL;
    private static final long[] BOUNDS = {
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 0xFFFFFF, 0x1000000, 0x3FFFFFFF, 0x40000000,
        MOST - 1, MOST
    };
    private static final int AT = 3;
    private static final int OTHER = 9;

    private final byte[] bytes = new byte[16];

    private interface Step {
        void on(byte[] data, short at, short other);
    }

    private long after(long one, long other, Step step) {
        Arrays.fill(bytes, (byte) 0x55);
        ByteBuffer.wrap(bytes).putInt(AT, (int) one).putInt(OTHER, (int) other);
        step.on(bytes, (short) AT, (short) OTHER);
        for (int i : new int[] {0, 1, 2, 7, 8, 13, 14, 15}) {
            assertEquals(0x55, bytes[i], "nothing beside the numbers is touched");
        }
        return ByteBuffer.wrap(bytes).getInt(AT) & 0xFFFFFFFFL;
    }

    private void check(long one, long other) {
        String numbers = one + " and " + other;
        long sum = after(one, other, (data, at, from) -> Amounts.add(data, at, data, from));
        assertEquals(one + other, sum, numbers);
        long bounded = after(one, other, (data, at, from) -> Amounts.addBounded(data, at, data, from));
        assertEquals(Math.min(one + other, MOST), bounded, numbers);
        long rest = after(one + other, other, (data, at, from) -> Amounts.subtract(data, at, data, from));
        assertEquals(one, rest, numbers);
        after(one, other, (data, at, from) -> {
            assertEquals(one > other, Amounts.isAbove(data, at, data, from), numbers);
            assertEquals(one == 0, Amounts.isZero(data, at), numbers);
        });
        after(one + other, one, (data, at, from) -> {
            assertEquals(other > 0, Amounts.isAbove(data, at, data, from), numbers);
        });
        for (int times : new int[] {0, 1, 2, 3, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF}) {
            checkTimes(one, other, times);
        }
    }

    private void checkTimes(long one, long other, int times) {
        long sum =
                after(one, other, (data, at, from) -> Amounts.addTimes(data, at, data, from, (short) times));
        assertEquals(Math.min(one + other * times, MOST), sum, one + " and " + times + " times " + other);
    }

    @Test
    void sums_differences_and_products_are_right_at_every_bound() {
        for (long one : BOUNDS) {
            for (long other : BOUNDS) {
                check(one, other);
            }
        }
    }

    @Test
    void sums_differences_and_products_are_right_between_the_bounds() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            long one = random.nextInt() & MOST >> random.nextInt(31);
            long other = random.nextInt() & MOST >> random.nextInt(31);
            check(one, other);
            checkTimes(one, other, random.nextInt(0x10000));
        }
    }
}
