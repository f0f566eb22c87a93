package unicard.runtime;

import java.lang.reflect.Field;
import java.util.List;

/**
 * Announces writes of persistent memory: each is noted where an open transaction may take it back and
 * where a checkpoint wants to know, and each is a place where the power can fail. The caller then
 * writes in place.
 */
final class Writer {
    private final Power power;
    private final Room room;
    private final Transaction transaction;
    private Checkpoint checkpoint;
    private Attempt attempt;
    /** Whether anybody wants to know of writes: most of the time not. */
    private boolean watched;

    Writer(Power power, Room room, int commitCapacity) {
        this.power = power;
        this.room = room;
        transaction = new Transaction(power, commitCapacity);
    }

    Transaction transaction() {
        return transaction;
    }

    Checkpoint checkpoint() {
        return checkpoint;
    }

    void checkpoint(Checkpoint next) {
        checkpoint = next;
        watch();
    }

    /** The install that is not yet known to have succeeded; null: none. */
    Attempt attempt() {
        return attempt;
    }

    void attempt(Attempt next) {
        attempt = next;
        watch();
    }

    /** To be called when a transaction has begun or ended. */
    void watch() {
        watched = checkpoint != null || attempt != null || transaction.open();
    }

    /** Puts everything back that an install wrote, newest first. Cut in the middle, it can be repeated. */
    void undoAttempt() {
        List<Undo> entries = attempt.entries();
        for (int i = entries.size() - 1; i >= 0; i--) {
            power.spend();
            entries.get(i).putBack();
        }
        if (!entries.isEmpty()) {
            power.spend();
        }
        attempt(null);
    }

    /**
     * A conditional write to a part of an array is about to happen: one write, whatever its length.
     *
     * @throws javacard.framework.TransactionException BUFFER_FULL where the commit buffer cannot hold it
     * @throws PowerCut where it must not happen
     */
    void array(Object array, int offset, int length) {
        if (watched) {
            if (attempt != null) {
                attempt.note(array, offset, length);
            }
            if (transaction.open()) {
                int bytes = length * Fields.size(array.getClass().getComponentType());
                transaction.note(bytes, Undo.range(array, offset, length));
            }
            save(array);
        }
        power.spend();
    }

    /** As {@link #array}, but no abort takes it back. */
    void arrayForGood(Object array) {
        if (watched) {
            save(array);
        }
        power.spend();
    }

    /**
     * A conditional write to a field is about to happen.
     *
     * @param holder null for a static field
     * @param site the field, see {@link unicard.weave.FieldSites}
     */
    void field(Object holder, int site) {
        if (watched) {
            Field field = Fields.at(site);
            if (!Fields.isFinal(field)) {
                if (attempt != null) {
                    attempt.note(field, holder);
                }
                if (transaction.open()) {
                    note(field, holder);
                }
                save(field, holder);
            }
        }
        power.spend();
    }

    /** A constructor is about to write to its own object: what a transaction made it need not restore. */
    void ownField(Object holder, int site) {
        if (watched && transaction.open() && !room.createdInTransaction(holder)) {
            Field field = Fields.at(site);
            if (!Fields.isFinal(field)) {
                note(field, holder);
            }
        }
        power.spend();
    }

    /** As {@link #field}, but no abort takes it back. */
    void fieldForGood(Object holder, int site) {
        if (watched) {
            save(Fields.at(site), holder);
        }
        power.spend();
    }

    private void note(Field field, Object holder) {
        Object old = Fields.get(field, holder);
        transaction.note(Fields.size(field.getType()), new Undo.OneField(field, holder, old));
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
