package unicard.stock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.Test;
import unicard.card.CardCore;
import unicard.card.CardOptions;
import unicard.card.JavaCard;
import unicard.card.TearCounts;
import unicard.card.Tears;

/** The power is cut at every write of an applet that is torn rightly, and of ones that are not. */
class TornCardTest {
    private static final String AID = "F052554C4504";
    private static final String BEFORE = "0064000000640000";

    private static JavaCard card() {
        JavaCard card = JavaCard.insert(CardOptions.PLAIN);
        card.install("probes.rules.Mover", HexFormat.of().parseHex(AID), new byte[0]);
        return card;
    }

    private static String send(CardCore card, String command) {
        String answer = HexFormat.of().formatHex(card.transmit(HexFormat.of().parseHex(command)));
        assertTrue(answer.endsWith("9000"), answer);
        return answer.substring(0, answer.length() - 4);
    }

    private static void select(CardCore card) {
        send(card, "00A4040006" + AID);
    }

    private static String look(CardCore card) {
        select(card);
        return send(card, "80010000");
    }

    private static Tears<String> tears(String command) {
        return Tears.of(
                        TornCardTest::card,
                        Tears.Step.nothing(),
                        card -> send(card, command),
                        TornCardTest::look)
                .approaching(TornCardTest::select)
                .recovering(
                        card -> {
                            card.reset();
                            select(card);
                        });
    }

    @Test
    void a_transaction_shows_the_state_before_or_after_whatever_is_cut() {
        TearCounts<String> counts = tears("80020007").count();
        assertEquals(BEFORE, counts.before());
        assertEquals("005d0007005d0007", counts.after());
        assertEquals(Set.of(), counts.torn());
        // Two fields, two shorts in an array, the commit.
        assertEquals(5, counts.cuts());
        // What is about to be written is noted before: a cut at the k-th of four writes leaves k entries
        // to put back, one at the commit four; and the end of each rollback is a write of its own.
        assertEquals(2 + 3 + 4 + 5 + 5, counts.recoveryCuts());
        assertEquals(Set.of(BEFORE), counts.states().keySet());
    }

    @Test
    void a_write_left_out_of_the_transaction_is_found() {
        TearCounts<String> counts = tears("80030007").count();
        assertEquals(Set.of("005d000000640000"), counts.torn());
    }

    @Test
    void a_spare_and_a_flag_are_as_good_as_a_transaction() {
        TearCounts<String> counts = tears("80040007").count();
        assertEquals(Set.of(), counts.torn());
        assertEquals(Set.of(BEFORE, counts.after()), counts.states().keySet());
        assertTrue(counts.recoveryCuts() > 0);
    }

    @Test
    void a_flag_that_is_set_too_early_is_found() {
        assertFalse(tears("80050007").count().torn().isEmpty());
    }

    @Test
    void the_same_cuts_show_the_same_states_each_time() {
        assertEquals(tears("80050007").stream().toList(), tears("80050007").stream().toList());
    }
}
