package unicard.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cuts themselves, on a card whose writes can be counted by hand. */
class TearsTest {
    private static Tears<String> on(FakeCard card) {
        return Tears.of(
                () -> card,
                each -> each.transmit(new byte[] {1}),
                each -> each.transmit(new byte[] {2}),
                each -> ((FakeCard) each).look());
    }

    @Test
    void an_action_without_care_is_seen_torn() {
        TearCounts<String> counts = on(new FakeCard(FakeCard.Care.NONE)).count();
        assertEquals(
                new TearCounts<>("1,1", "2,2", 2, 0, Map.of("1,1", 1L, "2,1", 1L)), counts);
        assertEquals(Set.of("2,1"), counts.torn());
    }

    @Test
    void each_write_of_the_action_and_of_each_recovery_is_cut_once() {
        TearCounts<String> counts = on(new FakeCard(FakeCard.Care.JOURNAL)).count();
        assertEquals(Set.of(), counts.torn());
        assertEquals(6, counts.cuts());
        // The journal is open at three of the six cuts; to close it takes three writes.
        assertEquals(9, counts.recoveryCuts());
        assertEquals(Map.of("1,1", 15L), counts.states());
    }

    @Test
    void a_recovery_that_must_not_be_cut_is_found() {
        TearCounts<String> counts = on(new FakeCard(FakeCard.Care.CLEARED_EARLY)).count();
        assertEquals(Set.of("2,1", "1,2"), counts.torn());
    }

    @Test
    void runs_come_one_by_one_in_the_order_of_their_cuts() {
        List<Tears.Seen<String>> seen = on(new FakeCard(FakeCard.Care.NONE)).stream().toList();
        assertEquals(
                List.of(
                        new Tears.Seen<>(1, 0, false, "1,1"),
                        new Tears.Seen<>(2, 0, false, "2,1"),
                        new Tears.Seen<>(3, 0, true, "2,2")),
                seen);
    }

    @Test
    void no_run_is_done_before_it_is_asked_for() {
        FakeCard card = new FakeCard(FakeCard.Care.NONE);
        Iterator<Tears.Seen<String>> runs = on(card).iterator();
        assertEquals(0, card.resets);
        runs.next();
        assertEquals(3, card.resets); // one to count the writes, and two of the first run
        runs.next();
        runs.next();
        assertFalse(runs.hasNext());
        assertThrows(NoSuchElementException.class, runs::next);
    }

    @Test
    void the_approach_is_not_cut() {
        Tears<String> tears =
                on(new FakeCard(FakeCard.Care.NONE)).approaching(card -> card.transmit(new byte[] {7}));
        assertEquals(
                List.of("7,7", "2,7", "2,2"), tears.stream().map(Tears.Seen::state).toList());
    }

    @Test
    void what_the_recovery_does_after_the_reset_is_cut_too() {
        Tears<String> tears =
                on(new FakeCard(FakeCard.Care.NONE))
                        .recovering(
                                card -> {
                                    card.reset();
                                    card.transmit(new byte[] {5});
                                });
        TearCounts<String> counts = tears.count();
        assertEquals(Map.of("5,5", 6L), counts.states());
        assertEquals(4, counts.recoveryCuts());
    }

    @ParameterizedTest
    @CsvSource({"0, 2", "1, 2", "0, 3", "2, 3"})
    void an_action_that_writes_more_in_some_runs_is_not_mistaken_for_a_safe_one(int which, int ofHowMany) {
        int[] runs = {0};
        Tears<String> tears =
                Tears.of(
                        () -> new FakeCard(FakeCard.Care.NONE),
                        Tears.Step.nothing(),
                        card -> {
                            boolean more = runs[0]++ % ofHowMany == which;
                            card.transmit(new byte[] {2});
                            if (more) {
                                card.transmit(new byte[] {2});
                            }
                        },
                        card -> ((FakeCard) card).look());
        assertThrows(IllegalStateException.class, () -> tears.forEach(seen -> {}));
    }
}
