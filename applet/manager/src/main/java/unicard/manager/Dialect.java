package unicard.manager;

import java.util.List;
import unicard.manager.Contract.Channel;

/**
 * What a card's parameter i announces (Amendment D, table 5-1).
 *
 * @param i the parameter, 1 byte
 */
record Dialect(int i) {
    /** @throws IllegalArgumentException where SCP03 has no such i: R-ENC never goes without R-MAC */
    Dialect {
        int known = Channel.S16 | Channel.PSEUDO_RANDOM | Channel.R_MAC | Channel.R_ENC;
        boolean bareEncryption = (i & Channel.R_ENC) != 0 && (i & Channel.R_MAC) == 0;
        if ((i & ~known) != 0 || bareEncryption) {
            throw new IllegalArgumentException(String.format("SCP03 has no i = %02X", i));
        }
    }

    /** Bytes of challenges, cryptograms and MACs: 8 in S8, 16 in S16. */
    int size() {
        return (i & Channel.S16) != 0 ? 16 : 8;
    }

    /** Whether card challenges follow from a sequence counter. */
    boolean pseudoRandom() {
        return (i & Channel.PSEUDO_RANDOM) != 0;
    }

    /** Whether a number is a security level that i announces. */
    boolean offers(int level) {
        List<Integer> levels = Channel.LEVELS;
        for (int at = 0; at < levels.size(); at += 2) {
            int needs = levels.get(at + 1);
            if (levels.get(at) == level && (i & needs) == needs) {
                return true;
            }
        }
        return false;
    }
}
