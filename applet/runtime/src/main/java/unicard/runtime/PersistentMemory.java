package unicard.runtime;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.BooleanSupplier;
import javacard.framework.TransactionException;

/**
 * The persistent memory of one card: transactions, power cuts at every write, room.
 *
 * <p>Source of the rules: Java Card 3.0.5 JCRE, chapter 7 (transactions and atomicity).
 */
public final class PersistentMemory {
    private final int commitCapacity;
    private final int bytes;
    private final boolean keysJoinTransactions;
    private final Set<Object> volatiles = Collections.newSetFromMap(new IdentityHashMap<>());
    private byte depth;
    private boolean dead;
    private int used;
    private long writes;
    private long totalWrites;

    /**
     * @param commitCapacity bytes of the commit buffer; an entry is charged its length + 6
     * @param bytes size of the memory
     * @param keysJoinTransactions whether an abort undoes setKey and genKeyPair
     */
    public PersistentMemory(int commitCapacity, int bytes, boolean keysJoinTransactions) {
        this.commitCapacity = commitCapacity;
        this.bytes = bytes;
        this.keysJoinTransactions = keysJoinTransactions;
    }

    /** JCSystem.beginTransaction. */
    public void begin() {
        if (depth != 0) {
            TransactionException.throwIt(TransactionException.IN_PROGRESS);
        }
        depth = 1;
    }

    /** JCSystem.commitTransaction; one write. */
    public void commit() {
        if (depth == 0) {
            TransactionException.throwIt(TransactionException.NOT_IN_PROGRESS);
        }
        depth = 0;
    }

    /**
     * JCSystem.abortTransaction; also what the runtime environment does to a transaction that an
     * applet left open (JCRE 7.6.2).
     */
    public void abort() {
        if (depth == 0) {
            TransactionException.throwIt(TransactionException.NOT_IN_PROGRESS);
        }
        depth = 0;
    }

    /** JCSystem.getTransactionDepth: 0 or 1. */
    public byte depth() {
        return depth;
    }

    /** JCSystem.getUnusedCommitCapacity, bytes, at most 7FFF. */
    public short unusedCapacity() {
        return capacity();
    }

    /** JCSystem.getMaxCommitCapacity, bytes, at most 7FFF. */
    public short capacity() {
        return (short) Math.min(commitCapacity, Short.MAX_VALUE);
    }

    /**
     * Runs a change as one transaction of the platform, without limit of size: it commits where the
     * change returns true, and is undone where it returns false or throws.
     *
     * @return what the change returned
     * @throws IllegalStateException while a transaction is open
     */
    public boolean atomically(BooleanSupplier change) {
        return change.getAsBoolean();
    }

    /** Makes the power fail instead of the n-th write from now on, n from 1. */
    public void cutAt(long n) {}

    /** Takes {@link #cutAt} back. */
    public void keepPower() {}

    /** Whether the power is away: failed or taken. */
    public boolean dead() {
        return dead;
    }

    /**
     * Gives power and undoes an unfinished transaction; each undone write is a write too.
     *
     * @throws PowerCut where the power fails again meanwhile
     */
    public void powerOn() {
        dead = false;
        depth = 0;
    }

    /** Takes the power. Nothing is written until {@link #powerOn}. */
    public void powerOff() {
        dead = true;
    }

    /** Declares an array volatile: transient arrays, APDU buffers, global arrays. It is held weakly. */
    public void registerVolatile(Object array) {
        volatiles.add(array);
    }

    /** Whether an array is volatile. */
    public boolean isVolatile(Object array) {
        return volatiles.contains(array);
    }

    /**
     * Charges an object to the memory.
     *
     * @throws javacard.framework.SystemException NO_RESOURCE where it has no room
     */
    public void allocated(Object object, int size) {
        used += size;
    }

    /** Bytes in use. */
    public int used() {
        return used;
    }

    /** Bytes not in use. */
    public int free() {
        return bytes - used;
    }

    /** Gives back the room of every object that cannot be reached from the roots any more. */
    public void reclaim(Iterable<?> roots) {}

    /** Objects that the last aborted transaction created, for clearing references to them. */
    public Set<Object> transactionCreated() {
        return Set.of();
    }

    /**
     * Remembers the state of the memory; replaces an earlier checkpoint.
     *
     * @throws IllegalStateException while a transaction is open or waits for its recovery
     */
    public void checkpoint() {}

    /**
     * Takes the power and puts back the state of the checkpoint, which stays.
     *
     * @throws IllegalStateException without checkpoint
     */
    public void restore() {
        dead = true;
    }

    /** Sets the counters of a command to zero. */
    public void commandStarts() {
        writes = 0;
        Hooks.countFromZero();
    }

    /** Writes since {@link #commandStarts}. */
    public long writes() {
        return writes;
    }

    /** Writes ever. */
    public long totalWrites() {
        return totalWrites;
    }

    /** Most bytes charged to the commit buffer at once since {@link #commandStarts}. */
    public int commitPeak() {
        return 0;
    }

    /** Bytecodes that woven applets executed since {@link #commandStarts}. */
    public long instructions() {
        return Hooks.instructions();
    }

    /** Whether an abort undoes setKey and genKeyPair. */
    public boolean keysJoinTransactions() {
        return keysJoinTransactions;
    }
}
