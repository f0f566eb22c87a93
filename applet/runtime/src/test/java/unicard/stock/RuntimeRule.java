package unicard.stock;

import java.util.function.Predicate;

/**
 * One rule of the runtime environment, and the question that tells whether a card keeps it.
 *
 * @param source section of the Java Card 3.0.5 runtime environment specification (JCRE), or the API
 * @param says the rule
 * @param stockKeeps whether jCardSim keeps it
 * @param kept asks a card
 */
record RuntimeRule(String source, String says, boolean stockKeeps, Predicate<Seat> kept) {
    /** A card that fails in its own code keeps no rule. */
    boolean keptBy(Seat seat) {
        try {
            return kept.test(seat);
        } catch (RuntimeException | LinkageError failure) {
            return false;
        }
    }
}
