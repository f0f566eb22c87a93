package unicard.runtime;

/** Counts persistent writes, and fails at the one that it is told to fail at. */
final class Power {
    private static final long NEVER = Long.MAX_VALUE;

    private long total;
    private long atCommandStart;
    private long alarm = NEVER;
    private long failAt = NEVER;
    private boolean dead;

    /**
     * One write is about to happen.
     *
     * @throws PowerCut instead of it
     */
    void spend() {
        if (total >= alarm) {
            off();
            failAt = NEVER;
            throw new PowerCut();
        }
        total++;
    }

    void failAt(long n) {
        if (n < 1) {
            throw new IllegalArgumentException("writes are counted from 1, not " + n);
        }
        failAt = total + n - 1;
        alarm = dead ? 0 : failAt;
    }

    void keep() {
        failAt = NEVER;
        alarm = dead ? 0 : NEVER;
    }

    void off() {
        dead = true;
        alarm = 0;
        Hooks.halt();
    }

    void on() {
        dead = false;
        alarm = failAt;
        Hooks.go();
    }

    boolean dead() {
        return dead;
    }

    void commandStarts() {
        atCommandStart = total;
    }

    long total() {
        return total;
    }

    long inCommand() {
        return total - atCommandStart;
    }
}
