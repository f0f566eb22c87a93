package unicard.application;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import unicard.card.CardCore;
import unicard.card.CardOptions;
import unicard.card.JavaCard;
import unicard.card.Tears;

/** The receipt key by itself; the requirements that it fulfils stand in brackets. */
class ReceiptKeysTest {
    /** RFC 4493, section 4: key, the message of 40 bytes, and the first 8 bytes of its CMAC. */
    private static final String KEY = "2B7E151628AED2A6ABF7158809CF4F3C";
    private static final String MESSAGE =
            "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411";
    private static final String MAC = "DFA66747DE9AE630";

    private static final String OTHER = "11".repeat(16);
    private static final String NO_KEY = "0000009000";

    private JavaCard card;

    @BeforeEach
    void a_card_without_receipt_key() {
        card = empty();
    }

    @AfterEach
    void take_it_out() {
        card.close();
    }

    private static JavaCard empty() {
        JavaCard card = JavaCard.insert(CardOptions.PLAIN);
        card.install(ReceiptKeysProbe.class.getName(), HexFormat.of().parseHex("F04B315052"), new byte[0]);
        select(card);
        return card;
    }

    private static JavaCard withKey() {
        JavaCard card = empty();
        assertEquals("9000", store(card, 0, 7, KEY));
        return card;
    }

    private static void select(CardCore card) {
        assertEquals("9000", send(card, "00A4040005F04B315052"));
    }

    private static String send(CardCore card, String command) {
        byte[] answer = card.transmit(HexFormat.of().parseHex(command));
        return HexFormat.of().withUpperCase().formatHex(answer);
    }

    private static String store(CardCore card, int p1, int version, String key) {
        return send(card, String.format("80E2%02X0011%02X%s", p1, version, key));
    }

    /** Whether there is a key, its version, keys in memory, and what it signs a message with. */
    private static String look(CardCore card) {
        String there = send(card, "80CA000003");
        return there.startsWith("00") ? there : there + " " + send(card, "802A000028" + MESSAGE);
    }

    private static String looked(CardCore card) {
        select(card);
        return look(card);
    }

    @Test
    void a_receipt_is_signed_with_the_key_that_came_last() { // RKY-01
        assertEquals(NO_KEY, look(card));
        assertEquals("9000", store(card, 0, 7, KEY));
        assertEquals("0107019000 " + MAC + "9000", look(card));
        assertEquals("9000", store(card, 0, 0xFF, OTHER));
        assertTrue(look(card).startsWith("01FF019000"));
        assertEquals("9000", store(card, 0, 8, KEY));
        assertEquals("0108019000 " + MAC + "9000", look(card));
    }

    @Test
    void a_key_that_was_not_chosen_is_erased_and_the_old_one_stays() { // RKY-02
        assertEquals("9000", store(card, ReceiptKeysProbe.ABORTED, 7, KEY));
        assertEquals(NO_KEY, look(card));
        store(card, 0, 7, KEY);
        assertEquals("9000", store(card, ReceiptKeysProbe.ABORTED, 8, OTHER));
        assertEquals("0107019000 " + MAC + "9000", look(card));
    }

    @Test
    void erasure_leaves_no_key() { // STA-05
        store(card, 0, 7, KEY);
        assertEquals("9000", send(card, "80E40000"));
        assertEquals(NO_KEY, look(card));
    }

    @Test
    void the_first_key_is_there_or_not_wherever_the_power_fails() { // RKY-01
        Tears<String> tears =
                Tears.of(
                                ReceiptKeysTest::empty,
                                Tears.Step.nothing(),
                                c -> store(c, 0, 7, KEY),
                                ReceiptKeysTest::looked)
                        .approaching(ReceiptKeysTest::select);
        assertEquals(Set.of(NO_KEY, "0107019000 " + MAC + "9000"), states(tears));
    }

    @Test
    void one_key_signs_and_no_other_is_left_wherever_the_power_fails() { // RKY-01
        JavaCard other = empty();
        store(other, 0, 9, OTHER);
        String after = look(other);
        other.close();
        Tears<String> tears =
                Tears.of(
                                ReceiptKeysTest::withKey,
                                Tears.Step.nothing(),
                                c -> store(c, 0, 9, OTHER),
                                ReceiptKeysTest::looked)
                        .approaching(ReceiptKeysTest::select);
        assertEquals(Set.of("0107019000 " + MAC + "9000", after), states(tears));
    }

    @Test
    void a_torn_repair_is_taken_up_again() {
        Tears<String> tears =
                Tears.of(
                                ReceiptKeysTest::withKey,
                                Tears.Step.nothing(),
                                c -> store(c, 0, 7, OTHER),
                                c -> look(c).substring(4))
                        .approaching(ReceiptKeysTest::select)
                        .recovering(
                                c -> {
                                    c.reset();
                                    c.transmit(HexFormat.of().parseHex("00A4040005F04B315052"));
                                });
        List<Tears.Seen<String>> seen = tears.stream().toList();
        assertTrue(seen.stream().anyMatch(s -> s.recoveryCut() > 0));
        assertTrue(seen.stream().allMatch(s -> s.state().startsWith("01")), seen.toString());
    }

    private static Set<String> states(Tears<String> tears) {
        return tears.stream().map(Tears.Seen::state).collect(Collectors.toSet());
    }
}
