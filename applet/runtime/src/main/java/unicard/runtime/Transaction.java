package unicard.runtime;

import java.util.ArrayList;
import java.util.List;
import javacard.framework.TransactionException;

/**
 * The commit buffer: what must be put back unless the transaction commits. Writes are done in place
 * and noted before; the buffer itself is persistent, so that a recovery finds it.
 */
final class Transaction {
    /** Bytes charged for an entry besides the old content: a place and a length. */
    static final int ENTRY_OVERHEAD = 6;

    private final Power power;
    private final int capacity;
    private final List<Undo> entries = new ArrayList<>();
    private boolean open;
    private boolean unlimited;
    private int charged;
    private int peak;

    Transaction(Power power, int capacity) {
        this.power = power;
        this.capacity = capacity;
    }

    void begin() {
        if (open) {
            TransactionException.throwIt(TransactionException.IN_PROGRESS);
        }
        open = true;
    }

    void beginUnlimited() {
        if (open) {
            throw new IllegalStateException("a transaction is open");
        }
        open = true;
        unlimited = true;
    }

    /** @throws TransactionException NOT_IN_PROGRESS unless an applet's transaction is open */
    void demandOpen() {
        if (!open || unlimited) {
            TransactionException.throwIt(TransactionException.NOT_IN_PROGRESS);
        }
    }

    void commit() {
        power.spend();
        forget();
    }

    /**
     * Puts everything back, newest first. Cut in the middle, it can be repeated. A checkpoint knows these
     * places since they were written: none is taken while a transaction is open.
     */
    void rollBack() {
        for (int i = entries.size() - 1; i >= 0; i--) {
            power.spend();
            entries.get(i).putBack();
        }
        power.spend();
        forget();
    }

    void forget() {
        entries.clear();
        open = false;
        unlimited = false;
        charged = 0;
    }

    /** Notes an entry whose old content has this many bytes. */
    void note(int bytes, Undo undo) {
        if (!unlimited) {
            demand(bytes);
            charged += bytes + ENTRY_OVERHEAD;
        }
        entries.add(undo);
    }

    /** @throws TransactionException BUFFER_FULL where an entry of this many bytes has no room */
    void demand(int bytes) {
        int needed = charged + bytes + ENTRY_OVERHEAD;
        if (needed > capacity && !unlimited) {
            TransactionException.throwIt(TransactionException.BUFFER_FULL);
        }
        peak = Math.max(peak, unlimited ? 0 : needed);
    }

    /** Whether writes are noted now; after a cut, until the recovery is done. */
    boolean open() {
        return open;
    }

    byte depth() {
        return (byte) (open && !unlimited ? 1 : 0);
    }

    int capacity() {
        return capacity;
    }

    int unused() {
        return capacity - charged;
    }

    void commandStarts() {
        peak = charged;
    }

    int peak() {
        return peak;
    }
}
