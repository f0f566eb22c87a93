package unicard.card;

/**
 * What one command cost, and what the card holds after it.
 *
 * @param writes persistent writes of the last command; each is a place where power can be cut
 * @param commitPeak most bytes charged to the commit buffer at once in the last command
 * @param instructions bytecodes that applets executed in the last command
 * @param totalWrites persistent writes since the card was made
 * @param persistentBytes persistent memory in use
 * @param transientResetBytes transient memory in use, cleared at reset
 * @param transientDeselectBytes transient memory in use, cleared at deselection
 */
public record Measures(
        long writes,
        int commitPeak,
        long instructions,
        long totalWrites,
        int persistentBytes,
        int transientResetBytes,
        int transientDeselectBytes) {}
