package unicard.application;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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

/** The PIN by itself; the requirements that it fulfils stand in brackets. */
class PinTest {
    private static final String TRANSPORT = "245912FFFFFFFFFF";
    private static final String OWN = "26482137FFFFFFFF";
    private static final String WRONG = "241111FFFFFFFFFF";
    private static final String LOOK = "80CA000003";

    private JavaCard card;

    @BeforeEach
    void a_card_with_a_pin_of_the_holder_s_own() {
        card = withTransportPin();
        assertEquals("9000", change(card, TRANSPORT, OWN));
    }

    @AfterEach
    void take_it_out() {
        card.close();
    }

    private static JavaCard withTransportPin() {
        JavaCard card = JavaCard.insert(CardOptions.PLAIN);
        card.install(PinProbe.class.getName(), HexFormat.of().parseHex("F04B315050"), new byte[0]);
        select(card);
        assertEquals("9000", send(card, "80E2000008" + TRANSPORT));
        return card;
    }

    private static void select(CardCore card) {
        assertEquals("9000", send(card, "00A4040005F04B315050"));
    }

    private static String send(CardCore card, String command) {
        byte[] answer = card.transmit(HexFormat.of().parseHex(command));
        return HexFormat.of().withUpperCase().formatHex(answer);
    }

    private static String verify(CardCore card, String block) {
        return send(card, "0020008108" + block);
    }

    private static String change(CardCore card, String old, String next) {
        return send(card, "0024008110" + old + next);
    }

    private String ask() {
        return send(card, "00200081");
    }

    @Test
    void blocks_of_format_2_have_4_to_8_digits_and_fillers_up_to_the_end() {
        List<String> blocks =
                List.of(
                        "241234FFFFFFFFFF", "2512345FFFFFFFFF", "26123456FFFFFFFF", "271234567FFFFFFF",
                        "2812345678FFFFFF", "240000FFFFFFFFFF");
        for (String block : blocks) {
            assertTrue(isBlock(block), block);
        }
        List<String> others =
                List.of(
                        "23123FFFFFFFFFFF", "29123456789FFFFF", "141234FFFFFFFFFF", "24123AFFFFFFFFFF",
                        "24F234FFFFFFFFFF", "241234FFFFFFFFF0", "2412345FFFFFFFFF", "251234FFFFFFFFFF",
                        "2812345678FFFFF1", "0000000000000000", "20FFFFFFFFFFFFFF", "A41234FFFFFFFFFF");
        for (String block : others) {
            assertFalse(isBlock(block), block);
        }
    }

    private static boolean isBlock(String block) {
        byte[] bytes = HexFormat.of().parseHex("0000" + block);
        return Pin.isBlock(bytes, (short) 2);
    }

    @Test
    void a_right_pin_sets_the_flag_and_gives_the_tries_back() { // PIN-01, PIN-05
        assertEquals("63C3", ask());
        assertEquals("63C2", verify(card, WRONG));
        assertEquals("63C2", ask());
        assertEquals("9000", verify(card, OWN));
        assertEquals("9000", ask());
        assertEquals("0301019000", send(card, LOOK));
    }

    @Test
    void a_wrong_pin_clears_the_flag_and_the_third_blocks() { // PIN-02, PIN-03
        verify(card, OWN);
        assertEquals("63C2", verify(card, WRONG));
        assertEquals("0201009000", send(card, LOOK));
        assertEquals("63C1", change(card, WRONG, TRANSPORT));
        assertEquals("63C0", verify(card, "1122334455667788"));
        for (String block : List.of(OWN, WRONG)) {
            assertEquals("6983", verify(card, block));
            assertEquals("6983", change(card, block, TRANSPORT));
            assertEquals("6983", change(card, block, "0000000000000000"));
        }
        assertEquals("6983", ask());
    }

    @Test
    void a_transport_pin_can_only_be_changed() { // PIN-04, RRC-01, CHG-01
        assertEquals("9000", send(card, "002C028108" + TRANSPORT));
        assertEquals("6985", verify(card, TRANSPORT));
        assertEquals("6985", verify(card, WRONG));
        assertEquals("63C3", ask());
        assertEquals("9000", change(card, TRANSPORT, OWN));
        assertEquals("63C3", ask());
        assertEquals("9000", verify(card, OWN));
    }

    @Test
    void a_bad_new_pin_costs_no_try() { // CHG-03
        assertEquals("6A80", change(card, WRONG, "23123FFFFFFFFFFF"));
        assertEquals("6A80", change(card, WRONG, WRONG));
        assertEquals("6A80", change(card, OWN, OWN));
        assertEquals("0301009000", send(card, LOOK));
    }

    @Test
    void the_issuer_gives_the_tries_back_with_or_without_a_new_pin() { // RRC-01
        verify(card, OWN);
        assertEquals("9000", send(card, "002C0381"));
        assertEquals("0301019000", send(card, LOOK));
        assertEquals("6A80", send(card, "002C02810823123FFFFFFFFFFF"));
        assertEquals("0301019000", send(card, LOOK));
        assertEquals("9000", send(card, "002C028108" + TRANSPORT));
        assertEquals("0303009000", send(card, LOOK));
        for (int i = 0; i < 3; i++) {
            change(card, WRONG, OWN);
        }
        assertEquals("9000", send(card, "002C0381"));
        assertEquals("0303009000", send(card, LOOK));
    }

    @Test
    void an_erased_pin_is_none() { // STA-05
        assertEquals("9000", send(card, "80E40000"));
        assertEquals("0000009000", send(card, LOOK));
        assertEquals("6983", verify(card, "0000000000000000"));
    }

    @Test
    void lost_power_never_gains_a_try() { // PIN-06
        Tears<String> tears =
                Tears.of(PinTest::withOwnPin, Tears.Step.nothing(), c -> verify(c, WRONG), c -> {
                            select(c);
                            return send(c, LOOK);
                        })
                        .approaching(PinTest::select);
        List<String> states = tears.stream().map(Tears.Seen::state).toList();
        assertEquals(List.of("0301009000", "0201009000"), states);
    }

    private static JavaCard withOwnPin() {
        JavaCard card = withTransportPin();
        change(card, TRANSPORT, OWN);
        return card;
    }

    @Test
    void a_change_is_whole_wherever_the_power_fails() { // CHG-01, PIN-06
        Tears<String> tears =
                Tears.of(
                                PinTest::withTransportPin,
                                Tears.Step.nothing(),
                                c -> change(c, TRANSPORT, OWN),
                                c -> {
                            select(c);
                            return send(c, LOOK) + " " + verify(c, OWN) + " " + change(c, TRANSPORT, OWN);
                        })
                        .approaching(PinTest::select);
        Set<String> states = tears.stream().map(Tears.Seen::state).collect(Collectors.toSet());
        // A transport PIN as before, perhaps with the try that the comparison had taken; or the new PIN.
        assertEquals(
                Set.of("0303009000 6985 9000", "0203009000 6985 9000", "0301009000 9000 63C2"), states);
    }

    @Test
    void a_reset_is_whole_wherever_the_power_fails() { // RRC-01
        Tears<String> tears =
                Tears.of(
                                PinTest::withOwnPin,
                                Tears.Step.nothing(),
                                c -> send(c, "002C028108" + TRANSPORT),
                                c -> {
                            select(c);
                            return send(c, LOOK) + " " + verify(c, OWN);
                        })
                        .approaching(PinTest::select);
        Set<String> states = tears.stream().map(Tears.Seen::state).collect(Collectors.toSet());
        assertEquals(Set.of("0301009000 9000", "0303009000 6985"), states);
    }
}
