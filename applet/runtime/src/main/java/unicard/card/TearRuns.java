package unicard.card;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** The runs of {@link Tears} on one card, which has a checkpoint. */
final class TearRuns<T> implements Iterator<Tears.Seen<T>> {
    /** An action or a recovery that writes more often is taken for one without end. */
    static final long MOST_WRITES = 1_000_000;

    private final CardCore card;
    private final Tears.Step approach;
    private final Tears.Step act;
    private final Tears.Step recover;
    private final Function<? super CardCore, ? extends T> look;
    /** How often the action writes; -1: not counted yet. */
    private long writes = -1;
    private long cut = 1;
    private long recoveryCut;
    private boolean done;

    TearRuns(
            CardCore card,
            Tears.Step approach,
            Tears.Step act,
            Tears.Step recover,
            Function<? super CardCore, ? extends T> look) {
        this.card = card;
        this.approach = approach;
        this.act = act;
        this.recover = recover;
        this.look = look;
    }

    /** What the checkpoint looks like. */
    T before() {
        card.restore();
        recover.on(card);
        return look.apply(card);
    }

    @Override
    public boolean hasNext() {
        return !done;
    }

    @Override
    public Tears.Seen<T> next() {
        if (done) {
            throw new NoSuchElementException();
        }
        if (recoveryCut > 0) {
            Tears.Seen<T> again = cutTwice();
            if (again != null) {
                return again;
            }
        }
        if (writes < 0) {
            count();
        }
        boolean completed = !tornAct();
        demandAlike(completed == cut > writes);
        recover.on(card);
        Tears.Seen<T> seen = new Tears.Seen<>(cut, 0, completed, look.apply(card));
        done = completed;
        recoveryCut = 1;
        return seen;
    }

    /** One more run with the same cut and another one in the recovery; null: it writes no further. */
    private Tears.Seen<T> cutTwice() {
        demandAlike(tornAct());
        if (torn(recover, recoveryCut)) {
            recover.on(card);
            return new Tears.Seen<>(cut, recoveryCut++, false, look.apply(card));
        }
        cut++;
        return null;
    }

    private boolean tornAct() {
        approach();
        return torn(act, cut);
    }

    private void approach() {
        card.restore();
        card.reset();
        approach.on(card);
    }

    private void count() {
        approach();
        long before = card.measures().totalWrites();
        torn(act, MOST_WRITES);
        writes = card.measures().totalWrites() - before;
    }

    private void demandAlike(boolean alike) {
        if (!alike) {
            throw new IllegalStateException(
                    String.format(
                            "the action writes %d times in one run and not in that with a cut at write %d:"
                                    + " it must write alike",
                            writes, cut));
        }
    }

    private boolean torn(Tears.Step step, long n) {
        card.cutPowerAt(n);
        try {
            step.on(card);
            return false;
        } catch (PowerCutException cutHere) {
            if (n == MOST_WRITES) {
                throw new IllegalStateException("there is no end to what it writes: " + MOST_WRITES);
            }
            return true;
        } finally {
            card.keepPower();
        }
    }
}
