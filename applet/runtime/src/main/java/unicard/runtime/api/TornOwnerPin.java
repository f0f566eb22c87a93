package unicard.runtime.api;

import javacard.framework.PIN;
import javacard.framework.PINException;
import unicard.runtime.Hooks;
import unicard.runtime.TornArrays;

/**
 * {@code javacard.framework.OwnerPIN} (Java Card 3.0.5 API); each card defines this class under that
 * name.
 *
 * <p>Counter and flag take no part in a transaction, neither at a presentation, whose try is spent
 * before the comparison, nor where they are reset. {@link #update} does take part, counter and all.
 */
public class TornOwnerPin implements PIN {
    private static final int TRIES = 0;
    private static final int LENGTH = 1;
    private static final int VALUE = 2;

    private final byte tryLimit;
    private final byte maxSize;
    /** Tries left, length, value. */
    private final byte[] state;
    /** Session of the memory in which the right value was presented: a reset ends it. */
    private int validatedIn;

    /** @throws PINException ILLEGAL_VALUE where one of them is less than 1 */
    public TornOwnerPin(byte tryLimit, byte maxPINSize) {
        if (tryLimit < 1 || maxPINSize < 1) {
            PINException.throwIt(PINException.ILLEGAL_VALUE);
        }
        this.tryLimit = tryLimit;
        maxSize = maxPINSize;
        state = new byte[VALUE + maxPINSize];
        state[TRIES] = tryLimit;
        state[LENGTH] = maxPINSize;
        Hooks.made(this, Hooks.PLATFORM_OBJECT + state.length);
    }

    protected boolean getValidatedFlag() {
        return validatedIn == Hooks.memory().session();
    }

    protected void setValidatedFlag(boolean value) {
        validatedIn = value ? Hooks.memory().session() : 0;
    }

    @Override
    public byte getTriesRemaining() {
        return state[TRIES];
    }

    /** Array errors count as a wrong try, as the API wants it. */
    @Override
    public boolean check(byte[] pin, short offset, byte length) {
        setValidatedFlag(false);
        boolean blocked = state[TRIES] == 0;
        if (!blocked) {
            setTries((byte) (state[TRIES] - 1));
        }
        TornArrays.check(pin, offset, length);
        if (blocked || !matches(pin, offset, length)) {
            return false;
        }
        setTries(tryLimit);
        setValidatedFlag(true);
        return true;
    }

    private boolean matches(byte[] pin, int offset, int length) {
        int difference = length ^ state[LENGTH];
        for (int i = 0; i < Math.min(length, maxSize); i++) {
            difference |= pin[offset + i] ^ state[VALUE + i];
        }
        return difference == 0;
    }

    private void setTries(byte tries) {
        Hooks.memory().willWriteForGood(state);
        state[TRIES] = tries;
    }

    @Override
    public boolean isValidated() {
        return getValidatedFlag();
    }

    @Override
    public void reset() {
        if (isValidated()) {
            resetAndUnblock();
        }
    }

    /** @throws PINException ILLEGAL_VALUE where the value is longer than the PIN can be */
    public void update(byte[] pin, short offset, byte length) {
        TornArrays.check(pin, offset, length);
        if (length > maxSize) {
            PINException.throwIt(PINException.ILLEGAL_VALUE);
        }
        byte[] changed = new byte[VALUE + length];
        changed[TRIES] = tryLimit;
        changed[LENGTH] = length;
        System.arraycopy(pin, offset, changed, VALUE, length);
        TornArrays.copy(changed, 0, state, 0, changed.length);
        setValidatedFlag(false);
    }

    /** Makes all tries available again; no abort takes that back. */
    public void resetAndUnblock() {
        setValidatedFlag(false);
        setTries(tryLimit);
    }
}
