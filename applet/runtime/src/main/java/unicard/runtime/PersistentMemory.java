package unicard.runtime;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * The persistent memory of one card: transactions, power cuts at every write, room.
 *
 * <p>Every object and array is persistent unless it is declared volatile. A write is either
 * conditional (an open transaction can take it back), or not. Each write is a place where the power
 * can fail; it has then not happened.
 *
 * <p>Source of the rules: Java Card 3.0.5 JCRE, chapter 7 (transactions and atomicity).
 */
public final class PersistentMemory {
    private final boolean keysJoinTransactions;
    private final Power power = new Power();
    private final Room room;
    private final Writer writer;
    private final Transaction transaction;
    private final WeakTable volatiles = new WeakTable();
    private final WeakTable lent = new WeakTable();
    private Set<Object> lastAborted = Set.of();
    private int session = 1;
    private int deselections;

    /**
     * @param commitCapacity bytes of the commit buffer; an entry is charged its length + 6
     * @param bytes size of the memory
     * @param keysJoinTransactions whether an abort undoes setKey and genKeyPair
     */
    public PersistentMemory(int commitCapacity, int bytes, boolean keysJoinTransactions) {
        this.keysJoinTransactions = keysJoinTransactions;
        room = new Room(bytes);
        writer = new Writer(power, room, commitCapacity);
        transaction = writer.transaction();
    }

    // ---- Transactions (JCRE 7.2 to 7.8)

    /** JCSystem.beginTransaction: no write. */
    public void begin() {
        transaction.begin();
        writer.watch();
    }

    /** JCSystem.commitTransaction: one write; a cut instead of it rolls back. */
    public void commit() {
        transaction.demandOpen();
        commitOpen();
    }

    private void commitOpen() {
        transaction.commit();
        room.keepCreated();
        writer.watch();
    }

    /**
     * JCSystem.abortTransaction, and what the runtime environment does to a transaction that an applet
     * left open (JCRE 7.6): each entry put back is a write, and so is the end of it. References to
     * objects that the transaction created become null in volatile arrays of objects.
     */
    public void abort() {
        transaction.demandOpen();
        rollBack();
    }

    /** JCSystem.getTransactionDepth: 0 or 1. */
    public byte depth() {
        return transaction.depth();
    }

    /** Whether conditional writes can be taken back now, by an applet's abort or the platform's. */
    public boolean inTransaction() {
        return transaction.open();
    }

    /** JCSystem.getUnusedCommitCapacity, bytes, at most 7FFF. */
    public short unusedCapacity() {
        return (short) Math.min(transaction.unused(), Short.MAX_VALUE);
    }

    /** JCSystem.getMaxCommitCapacity, bytes, at most 7FFF. */
    public short capacity() {
        return (short) Math.min(transaction.capacity(), Short.MAX_VALUE);
    }

    /**
     * Runs a change as one transaction of the platform, without limit of size: it commits where the
     * change returns true, and is undone where it returns false or throws. So is an attempt before it.
     *
     * @return what the change returned
     * @throws IllegalStateException while a transaction is open
     */
    public boolean atomically(BooleanSupplier change) {
        transaction.beginUnlimited();
        writer.watch();
        boolean commits = false;
        try {
            commits = change.getAsBoolean();
        } finally {
            if (commits) {
                commitOpen();
                writer.attempt(null);
            } else if (!power.dead()) {
                rollBack();
                giveUp();
            }
        }
        return commits;
    }

    private void rollBack() {
        transaction.rollBack();
        lastAborted = Collections.newSetFromMap(new IdentityHashMap<>());
        lastAborted.addAll(room.created());
        room.giveBackCreated();
        forget(lastAborted);
        writer.watch();
    }

    /** Volatile arrays of objects refer to none of these any more. */
    private void forget(Set<Object> gone) {
        if (gone.isEmpty()) {
            return;
        }
        volatiles.retain(array -> {
            if (array instanceof Object[] references) {
                for (int i = 0; i < references.length; i++) {
                    references[i] = gone.contains(references[i]) ? null : references[i];
                }
            }
            return true;
        });
    }

    /** Objects that the last aborted transaction created; nothing may refer to them any more. */
    public Set<Object> transactionCreated() {
        return lastAborted;
    }

    // ---- Installs

    /**
     * An install begins. It has succeeded with the next change that {@link #atomically} commits; until
     * then {@link #giveUp} undoes it, and so does {@link #powerOn} after a cut.
     */
    public void attempt() {
        writer.attempt(new Attempt());
    }

    /**
     * The install has failed, if there is one: what was there before is as it was, apart from writes
     * that are not conditional, and nothing that was there refers to what the install made. Each place
     * put back is a write, and so is the end of them.
     */
    public void giveUp() {
        Attempt attempt = writer.attempt();
        if (attempt != null) {
            writer.undoAttempt();
            forget(attempt.made());
        }
    }

    // ---- Power

    /** Makes the power fail instead of the n-th write from now on, n from 1. */
    public void cutAt(long n) {
        power.failAt(n);
    }

    /** Takes {@link #cutAt} back. */
    public void keepPower() {
        power.keep();
    }

    /** Whether the power is away: failed or taken. */
    public boolean dead() {
        return power.dead();
    }

    /**
     * Gives power and undoes an unfinished transaction or install; each undone write is a write too, and
     * a cut among them makes the next power-on begin anew.
     *
     * @throws PowerCut where the power fails again meanwhile
     */
    public void powerOn() {
        power.on();
        session++;
        if (transaction.open()) {
            rollBack();
        }
        giveUp();
    }

    /** Takes the power. Nothing is written until {@link #powerOn}. */
    public void powerOff() {
        power.off();
    }

    /** A number that is another one after each {@link #powerOn}: what is true of it only is volatile. */
    public int session() {
        return session;
    }

    /** Tells that an applet was deselected, for what asks {@link #deselections}. */
    void deselected() {
        deselections++;
    }

    /** A number that is another one after each deselection. */
    public int deselections() {
        return deselections;
    }

    // ---- Objects

    /** Declares an array volatile: transient arrays, APDU buffers, global arrays. It is held weakly. */
    public void registerVolatile(Object array) {
        volatiles.put(array, 0);
    }

    /** Whether an array is volatile. */
    public boolean isVolatile(Object array) {
        return volatiles.contains(array);
    }

    /**
     * Declares an object that applets must not keep a reference to: a temporary entry point object or
     * a global array of the runtime environment (JCRE 6.2.1, 6.2.2). It is held weakly.
     */
    void lend(Object object) {
        lent.put(object, 0);
    }

    boolean isLent(Object object) {
        return lent.contains(object);
    }

    /**
     * Charges an object, or more bytes of an object, to the memory: one write.
     *
     * @throws javacard.framework.SystemException NO_RESOURCE where it has no room
     */
    public void allocated(Object object, int size) {
        room.demand(size);
        power.spend();
        take(object, size);
    }

    /** A transient array was made: no room is taken here, but an abort or a failed install undoes it. */
    void allocatedTransient(Object array) {
        take(array, 0);
    }

    private void take(Object object, int size) {
        if (writer.attempt() != null && !room.knows(object)) {
            writer.attempt().makes(object);
        }
        room.take(object, size, transaction.open());
    }

    /** Charges what a class brings with it; that is no write of a command, and no abort undoes it. */
    void allocatedForGood(Object object, int size) {
        room.take(object, size, false);
    }

    /** Whether an object is charged already. */
    boolean knows(Object object) {
        return room.knows(object);
    }

    /** Bytes in use. */
    public int used() {
        return room.used();
    }

    /** Bytes not in use. */
    public int free() {
        return room.free();
    }

    /**
     * Gives back the room of every object that cannot be reached any more from the roots and from
     * static fields of woven classes.
     *
     * @return what was reached, and what would be after {@link #restore}
     */
    public Set<Object> reclaim(Iterable<?> roots) {
        Set<Object> reached = Reach.from(roots);
        Set<Object> remembered = reached;
        if (writer.checkpoint() != null) {
            List<Object> more = writer.checkpoint().remembered();
            roots.forEach(more::add);
            remembered = Reach.from(more);
        }
        room.keep(reached, remembered);
        return remembered;
    }

    // ---- Checkpoint

    /**
     * Remembers the state of the memory; replaces an earlier checkpoint.
     *
     * @throws IllegalStateException while a transaction or an install goes on or waits for its recovery
     */
    public void checkpoint() {
        if (transaction.open() || writer.attempt() != null) {
            throw new IllegalStateException("a transaction or an install is not at its end");
        }
        writer.checkpoint(new Checkpoint(room.used()));
    }

    /**
     * Takes the power and puts back the state of the checkpoint, which stays.
     *
     * @throws IllegalStateException without checkpoint
     */
    public void restore() {
        Checkpoint checkpoint = writer.checkpoint();
        if (checkpoint == null) {
            throw new IllegalStateException("no checkpoint to go back to");
        }
        power.off();
        power.keep();
        transaction.forget();
        room.keepCreated();
        writer.attempt(null);
        checkpoint.restore();
        room.setUsed(checkpoint.used());
    }

    /**
     * An object of the platform is about to change in a way that is no write of the memory.
     *
     * @param putBack what {@link #restore} does about it
     */
    public void willChange(Object object, Runnable putBack) {
        if (writer.checkpoint() != null) {
            writer.checkpoint().save(object, putBack);
        }
    }

    // ---- Measures

    /** Sets the counters of a command to zero. */
    public void commandStarts() {
        power.commandStarts();
        transaction.commandStarts();
        Hooks.countFromZero();
    }

    /** Writes since {@link #commandStarts}. */
    public long writes() {
        return power.inCommand();
    }

    /** Writes ever. */
    public long totalWrites() {
        return power.total();
    }

    /** Most bytes charged to the commit buffer at once since {@link #commandStarts}. */
    public int commitPeak() {
        return transaction.peak();
    }

    /** Bytecodes that woven applets executed since {@link #commandStarts}. */
    public long instructions() {
        return Hooks.instructions();
    }

    /** Whether an abort undoes setKey and genKeyPair. */
    public boolean keysJoinTransactions() {
        return keysJoinTransactions;
    }

    // ---- Writes

    /** Where writes are announced. */
    Writer writer() {
        return writer;
    }

    /**
     * Announces a write to an array that no abort takes back.
     *
     * @throws PowerCut where it must not happen
     */
    public void willWriteForGood(Object array) {
        writer.arrayForGood(array);
    }
}
