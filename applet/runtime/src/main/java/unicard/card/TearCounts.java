package unicard.card;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What all runs of {@link Tears} came to.
 *
 * @param before what the card looked like before the action
 * @param after what it looked like after the action without a cut
 * @param cuts runs that were cut in the action; as many as it has writes
 * @param recoveryCuts runs that were cut in the recovery too
 * @param states how often each state was seen after a cut
 */
public record TearCounts<T>(
        T before, T after, long cuts, long recoveryCuts, Map<T, Long> states) {

    static <T> TearCounts<T> of(T before, Iterator<Tears.Seen<T>> runs) {
        long cuts = 0;
        long again = 0;
        Map<T, Long> states = new LinkedHashMap<>();
        T after = before;
        while (runs.hasNext()) {
            Tears.Seen<T> seen = runs.next();
            if (seen.completed()) {
                after = seen.state();
            } else {
                states.merge(seen.state(), 1L, Long::sum);
                cuts += seen.recoveryCut() == 0 ? 1 : 0;
                again += seen.recoveryCut() == 0 ? 0 : 1;
            }
        }
        return new TearCounts<>(before, after, cuts, again, states);
    }

    /** The states that are neither that before the action nor that after it: there should be none. */
    public Set<T> torn() {
        Set<T> torn = new LinkedHashSet<>(states.keySet());
        torn.remove(before);
        torn.remove(after);
        return torn;
    }
}
