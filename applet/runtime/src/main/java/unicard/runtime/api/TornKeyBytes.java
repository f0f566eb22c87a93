package unicard.runtime.api;

import java.math.BigInteger;
import java.util.Arrays;
import javacard.framework.JCSystem;
import javacard.security.CryptoException;
import unicard.runtime.Hooks;
import unicard.runtime.PersistentMemory;
import unicard.runtime.TornArrays;

/**
 * {@code com.licel.jcardsim.crypto.ByteContainer}, one value in a key; each card defines this class
 * under that name.
 *
 * <p>A persistent value is torn: it is marked as not initialized, each byte is written, then it is
 * marked as initialized. A transient one is forgotten, mark and all, at its event.
 */
public final class TornKeyBytes {
    private static final byte TEMPORARY = -1;
    private static final int WORD = 4;

    private final byte memoryType;
    /** Length of the value, 0 where there is none: the mark. */
    private short[] length;
    private byte[] data = {};

    /** A persistent value. */
    public TornKeyBytes() {
        this(JCSystem.MEMORY_TYPE_PERSISTENT);
    }

    /** @param memoryType as JCSystem has them */
    public TornKeyBytes(byte memoryType) {
        this.memoryType = memoryType;
        length = newShort();
        if (memoryType == JCSystem.MEMORY_TYPE_PERSISTENT) {
            Hooks.made(this, Hooks.PLATFORM_OBJECT);
        }
    }

    /** @param size bytes that the value will have, reserved at once */
    TornKeyBytes(byte memoryType, int size) {
        this(memoryType);
        demand(size);
    }

    /** A value that the platform computes with; it lies in no memory of the card. */
    public TornKeyBytes(BigInteger value) {
        this(TEMPORARY);
        setBigInteger(value);
    }

    /** A value that the platform computes with; it lies in no memory of the card. */
    public TornKeyBytes(byte[] buff, short offset, short length) {
        this(TEMPORARY);
        setBytes(buff, offset, length);
    }

    private short[] newShort() {
        return isTransient() ? JCSystem.makeTransientShortArray((short) 1, event()) : new short[1];
    }

    private boolean isTransient() {
        return memoryType == JCSystem.MEMORY_TYPE_TRANSIENT_RESET
                || memoryType == JCSystem.MEMORY_TYPE_TRANSIENT_DESELECT;
    }

    private byte event() {
        return memoryType == JCSystem.MEMORY_TYPE_TRANSIENT_RESET
                ? JCSystem.CLEAR_ON_RESET
                : JCSystem.CLEAR_ON_DESELECT;
    }

    /**
     * Sets an unsigned number. One of more than a word has whole words: as on a card, how many bytes are
     * written does not depend on the leading zeros of a random number.
     */
    public void setBigInteger(BigInteger value) {
        if (value.signum() < 0) {
            throw new IllegalArgumentException("a key value is not negative");
        }
        int length = Math.max(1, (value.bitLength() + 7) / 8);
        if (length > WORD) {
            length = (length + WORD - 1) / WORD * WORD;
        }
        byte[] bytes = new byte[length];
        byte[] digits = value.toByteArray();
        int count = Math.min(digits.length, length);
        System.arraycopy(digits, digits.length - count, bytes, length - count, count);
        setBytes(bytes);
    }

    public void setBytes(byte[] buff) {
        setBytes(buff, (short) 0, (short) buff.length);
    }

    public void setBytes(byte[] buff, short offset, short count) {
        TornArrays.check(buff, offset, count);
        demand(count);
        write(buff, offset, count, count);
    }

    /** Makes room; the old value moves along. */
    private void demand(int size) {
        if (data.length >= size) {
            return;
        }
        byte[] larger =
                isTransient() ? JCSystem.makeTransientByteArray((short) size, event()) : new byte[size];
        System.arraycopy(data, 0, larger, 0, data.length);
        if (memoryType == JCSystem.MEMORY_TYPE_PERSISTENT) {
            Hooks.made(this, size - data.length);
        }
        data = larger;
    }

    private void write(byte[] from, int offset, int count, int newLength) {
        PersistentMemory memory = Hooks.memory();
        if (memoryType != JCSystem.MEMORY_TYPE_PERSISTENT) {
            System.arraycopy(from, offset, data, 0, count);
            length[0] = (short) newLength;
        } else if (memory.keysJoinTransactions() && memory.inTransaction()) {
            TornArrays.copy(from, offset, data, 0, count);
            TornArrays.copy(new short[] {(short) newLength}, 0, length, 0, 1);
        } else {
            mark(memory, 0);
            TornArrays.copyNonAtomic(from, offset, data, 0, count);
            mark(memory, newLength);
        }
    }

    private void mark(PersistentMemory memory, int newLength) {
        memory.willWriteForGood(length);
        length[0] = (short) newLength;
    }

    public BigInteger getBigInteger() {
        return new BigInteger(1, getBytes(JCSystem.CLEAR_ON_RESET));
    }

    /** @param event for which jCardSim would clear its copy; this one is the JVM's */
    public byte[] getBytes(byte event) {
        demandInitialized();
        return Arrays.copyOf(data, length[0]);
    }

    /** @return length of the value */
    public short getBytes(byte[] dest, short offset) {
        demandInitialized();
        if (dest.length - offset < length[0]) {
            CryptoException.throwIt(CryptoException.ILLEGAL_VALUE);
        }
        System.arraycopy(data, 0, dest, offset, length[0]);
        return length[0];
    }

    private void demandInitialized() {
        if (!isInitialized()) {
            CryptoException.throwIt(CryptoException.UNINITIALIZED_KEY);
        }
    }

    /** Marks the value as not initialized, then wipes it. */
    public void clear() {
        write(new byte[data.length], 0, data.length, 0);
    }

    public boolean isInitialized() {
        return length[0] > 0;
    }
}
