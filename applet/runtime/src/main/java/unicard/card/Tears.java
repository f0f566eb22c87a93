package unicard.card;

import java.util.Iterator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Cuts a card's power at every persistent write of an action, and again at every write of the recovery
 * from each cut, and shows what the card looks like afterwards.
 *
 * <pre>{@code
 * Tears<String> tears = Tears.of(this::newCard, this::personalize, this::debit, this::balance)
 *         .approaching(card -> card.transmit(SELECT));
 * for (Tears.Seen<String> seen : tears) {
 *     assertTrue(seen.state().equals("before") || seen.state().equals("after"));
 * }
 * }</pre>
 *
 * <p>One card is made, prepared once and given a checkpoint; each run starts there, after a reset. A run
 * is: approach with steady power, act with the power cut at the n-th write, recover, look. Where the
 * recovery writes too, the run is repeated with the recovery cut at its first, second… write, and
 * recovered once more. The last run is the one whose action comes to its end. The action must write the
 * same number of times each time, and is run once before them to count; what it answers may differ.
 *
 * @param <T> what is looked at; it should have equals and toString
 */
public final class Tears<T> implements Iterable<Tears.Seen<T>> {
    /** Something done to a card. */
    @FunctionalInterface
    public interface Step {
        /** Does it. */
        void on(CardCore card);

        /** Does nothing. */
        static Step nothing() {
            return card -> {};
        }
    }

    /**
     * What was seen after one run.
     *
     * @param cut the write of the action that the power was cut at, from 1; in the last run the first
     *     number that the action does not reach
     * @param recoveryCut the write of the recovery that it was cut at again, from 1; 0: it was not
     * @param completed whether the action came to its end
     * @param state what the look showed after the recovery
     */
    public record Seen<T>(long cut, long recoveryCut, boolean completed, T state) {}

    private final Supplier<? extends CardCore> make;
    private final Step prepare;
    private final Step approach;
    private final Step act;
    private final Step recover;
    private final Function<? super CardCore, ? extends T> look;

    private Tears(
            Supplier<? extends CardCore> make,
            Step prepare,
            Step approach,
            Step act,
            Step recover,
            Function<? super CardCore, ? extends T> look) {
        this.make = make;
        this.prepare = prepare;
        this.approach = approach;
        this.act = act;
        this.recover = recover;
        this.look = look;
    }

    /**
     * @param make makes a card that has power
     * @param prepare brings it to the persistent state that each run starts from
     * @param act what the power is cut in
     * @param look what is to be seen of the card, which has power and has been reset; it runs with
     *     steady power and may write: the next run does not see it
     */
    public static <T> Tears<T> of(
            Supplier<? extends CardCore> make,
            Step prepare,
            Step act,
            Function<? super CardCore, ? extends T> look) {
        return new Tears<>(make, prepare, Step.nothing(), act, CardCore::reset, look);
    }

    /** With a step before each action that power is steady in: selection, sessions, a PIN. */
    public Tears<T> approaching(Step step) {
        return new Tears<>(make, prepare, step, act, recover, look);
    }

    /**
     * With a recovery that goes further than the reset: it must begin with one, and may select an
     * applet that repairs its state then.
     */
    public Tears<T> recovering(Step step) {
        return new Tears<>(make, prepare, approach, act, step, look);
    }

    /** Makes a card and begins; each step of the iterator is one run. */
    @Override
    public Iterator<Seen<T>> iterator() {
        return new TearRuns<>(prepared(), approach, act, recover, look);
    }

    /** As {@link #iterator}. */
    public Stream<Seen<T>> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    /** Does all runs and counts what was seen. */
    public TearCounts<T> count() {
        TearRuns<T> runs = new TearRuns<>(prepared(), approach, act, recover, look);
        return TearCounts.of(runs.before(), runs);
    }

    private CardCore prepared() {
        CardCore card = make.get();
        prepare.on(card);
        card.checkpoint();
        return card;
    }
}
