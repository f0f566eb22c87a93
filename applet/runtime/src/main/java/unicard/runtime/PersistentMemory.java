package unicard.runtime;

import java.lang.reflect.Field;
import java.util.Collections;
import java.util.IdentityHashMap;
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
    private final Transaction transaction;
    private final WeakTable volatiles = new WeakTable();
    private Set<Object> lastAborted = Set.of();
    private Checkpoint checkpoint;
    private int session = 1;
    private int deselections;
    /** Whether writes must be told to the transaction or the checkpoint: most of the time not. */
    private boolean watched;

    /**
     * @param commitCapacity bytes of the commit buffer; an entry is charged its length + 6
     * @param bytes size of the memory
     * @param keysJoinTransactions whether an abort undoes setKey and genKeyPair
     */
    public PersistentMemory(int commitCapacity, int bytes, boolean keysJoinTransactions) {
        this.keysJoinTransactions = keysJoinTransactions;
        room = new Room(bytes);
        transaction = new Transaction(power, commitCapacity, this::aboutToPutBack);
    }

    // ---- Transactions (JCRE 7.2 to 7.8)

    /** JCSystem.beginTransaction: no write. */
    public void begin() {
        transaction.begin();
        watched = true;
    }

    /** JCSystem.commitTransaction: one write; a cut instead of it rolls back. */
    public void commit() {
        transaction.commit();
        room.keepCreated();
        watched = checkpoint != null;
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
     * change returns true, and is undone where it returns false or throws.
     *
     * @return what the change returned
     * @throws IllegalStateException while a transaction is open
     */
    public boolean atomically(BooleanSupplier change) {
        transaction.beginUnlimited();
        watched = true;
        boolean commits = false;
        try {
            commits = change.getAsBoolean();
        } finally {
            if (commits) {
                commit();
            } else if (!power.dead()) {
                rollBack();
            }
        }
        return commits;
    }

    private void rollBack() {
        transaction.rollBack();
        lastAborted = Collections.newSetFromMap(new IdentityHashMap<>());
        lastAborted.addAll(room.created());
        room.giveBackCreated();
        if (!lastAborted.isEmpty()) {
            volatiles.retain(this::forgetsAborted);
        }
        watched = checkpoint != null;
    }

    private boolean forgetsAborted(Object array) {
        if (array instanceof Object[] references) {
            for (int i = 0; i < references.length; i++) {
                if (lastAborted.contains(references[i])) {
                    references[i] = null;
                }
            }
        }
        return true;
    }

    /** Objects that the last aborted transaction created; nothing may refer to them any more. */
    public Set<Object> transactionCreated() {
        return lastAborted;
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
     * Gives power and undoes an unfinished transaction; each undone write is a write too, and a cut
     * among them makes the next power-on begin anew.
     *
     * @throws PowerCut where the power fails again meanwhile
     */
    public void powerOn() {
        power.on();
        session++;
        if (transaction.open()) {
            rollBack();
        }
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
     * Charges an object, or more bytes of an object, to the memory: one write.
     *
     * @throws javacard.framework.SystemException NO_RESOURCE where it has no room
     */
    public void allocated(Object object, int size) {
        room.demand(size);
        power.spend();
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
     * @return what was reached
     */
    public Set<Object> reclaim(Iterable<?> roots) {
        Set<Object> reached = Reach.from(roots);
        room.keep(reached);
        return reached;
    }

    // ---- Checkpoint

    /**
     * Remembers the state of the memory; replaces an earlier checkpoint.
     *
     * @throws IllegalStateException while a transaction is open or waits for its recovery
     */
    public void checkpoint() {
        if (transaction.open()) {
            throw new IllegalStateException("a transaction is open or not yet rolled back");
        }
        checkpoint = new Checkpoint(room.used());
        watched = true;
    }

    /**
     * Takes the power and puts back the state of the checkpoint, which stays.
     *
     * @throws IllegalStateException without checkpoint
     */
    public void restore() {
        if (checkpoint == null) {
            throw new IllegalStateException("no checkpoint to go back to");
        }
        power.off();
        power.keep();
        transaction.forget();
        room.keepCreated();
        checkpoint.restore();
        room.setUsed(checkpoint.used());
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

    /**
     * Announces a conditional write to a part of an array: it is noted where a transaction is open, and
     * is one write, whatever its length.
     *
     * @throws javacard.framework.TransactionException BUFFER_FULL where the commit buffer cannot hold it
     * @throws PowerCut where it must not happen
     */
    public void willWrite(Object array, int offset, int length) {
        if (watched) {
            if (transaction.open()) {
                int bytes = length * Fields.size(array.getClass().getComponentType());
                transaction.note(bytes, Undo.range(array, offset, length));
            }
            save(array);
        }
        power.spend();
    }

    /** As {@link #willWrite(Object, int, int)}, but no abort undoes the write. */
    public void willWriteForGood(Object array) {
        if (watched) {
            save(array);
        }
        power.spend();
    }

    /**
     * Announces a conditional write to a field.
     *
     * @param holder null for a static field
     * @param site the field, see {@link unicard.weave.FieldSites}
     */
    void willWriteField(Object holder, int site) {
        if (watched) {
            Field field = Fields.at(site);
            if (!Fields.isFinal(field)) {
                if (transaction.open()) {
                    note(field, holder);
                }
                save(field, holder);
            }
        }
        power.spend();
    }

    /** Announces that a constructor writes to its own object. */
    void willInitialize(Object holder, int site) {
        if (watched && transaction.open() && !room.createdInTransaction(holder)) {
            Field field = Fields.at(site);
            if (!Fields.isFinal(field)) {
                note(field, holder);
            }
        }
        power.spend();
    }

    /** As {@link #willWriteField}, but no abort undoes the write. */
    void willWriteFieldForGood(Object holder, int site) {
        if (watched) {
            save(Fields.at(site), holder);
        }
        power.spend();
    }

    /**
     * Asks for room in the commit buffer for an atomic copy: outside a transaction it is a small one of
     * its own.
     */
    void demandCommitCapacity(int bytes) {
        transaction.demand(bytes);
    }

    private void note(Field field, Object holder) {
        Object old = Fields.get(field, holder);
        transaction.note(Fields.size(field.getType()), new Undo.OneField(field, holder, old));
    }

    private void aboutToPutBack(Undo undo) {
        if (undo instanceof Undo.OneByte entry) {
            save(entry.array());
        } else if (undo instanceof Undo.Range entry) {
            save(entry.array());
        } else if (undo instanceof Undo.OneField entry) {
            save(entry.field(), entry.holder());
        }
    }

    private void save(Object array) {
        if (checkpoint != null) {
            checkpoint.save(array);
        }
    }

    private void save(Field field, Object holder) {
        if (checkpoint != null) {
            checkpoint.save(field, holder);
        }
    }
}
