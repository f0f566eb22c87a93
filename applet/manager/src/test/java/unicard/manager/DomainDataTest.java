package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.host.Hex.hex;
import static unicard.manager.host.Hex.text;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import unicard.card.JavaCard;
import unicard.manager.host.Cards;
import unicard.manager.host.Terminal;

/** GET DATA, the settings of a card, and what is refused before any instruction is looked at. */
class DomainDataTest {
    private static final String SERIAL = "55436001000100000001";
    private static final String CPLC =
            "5543" + "0001" + "5543" + "0000" + "0100" + "6001" + "00000001" + "0001" + "00".repeat(24);
    private static final String RECOGNITION =
            "732F06072A864886FC6B01600C060A2A864886FC6B02020301630906072A864886FC6B03640B06092A864886FC6B0403";
    private static final String KEYS = "C00401FF8810C00402FF8810C00403FF8810";

    private static String answer(JavaCard card, String command) {
        return text(card.transmit(hex(command)));
    }

    /** [ISD-02, ISD-03, ISD-06] */
    @Test
    void objects_are_answered_in_both_classes_templates_in_class_00_without_their_tag() {
        try (JavaCard card = Cards.card(0x60)) {
            assertEquals("9F7F2A" + CPLC + "9000", answer(card, "80CA9F7F00"));
            assertEquals("9F7F2A" + CPLC + "9000", answer(card, "00CA9F7F00"));
            assertEquals("E012" + KEYS + "9000", answer(card, "80CA00E000"));
            assertEquals(KEYS + "9000", answer(card, "00CA00E000"));
            assertEquals("6631" + RECOGNITION + "609000", answer(card, "80CA006600"));
            assertEquals(RECOGNITION + "609000", answer(card, "00CA006600"));
            assertEquals("CF0A" + SERIAL + "9000", answer(card, "80CA00CF00"));
            assertEquals("CF0A" + SERIAL + "9000", answer(card, "00CA00CF"));
            for (String tag : new String[] {"0042", "0045", "00C1", "DF7E", "0001", "E000", "7F9F"}) {
                assertEquals("6A88", answer(card, "80CA" + tag + "00"));
            }
        }
    }

    @Test
    void the_card_data_names_i() {
        try (JavaCard card = Cards.card(0x71)) {
            assertEquals("6631" + RECOGNITION + "719000", answer(card, "80CA006600"));
            assertEquals("C1030000009000", answer(card, "80CA00C100"));
            assertEquals("C1030000009000", answer(card, "00CA00C100"));
        }
    }

    /** [ISD-06] */
    @Test
    void both_classes_are_taken_inside_a_session_too() {
        try (JavaCard card = Cards.card(0x60)) {
            Terminal host = new Terminal(card::transmit).open(0xFF, 0x33);
            assertEquals("E012" + KEYS + " 9000", host.send(0x80, 0xCA, 0x00, 0xE0).toString());
            assertEquals(KEYS + " 9000", host.send(0x00, 0xCA, 0x00, 0xE0).toString());
        }
    }

    /** [GEN-01 to GEN-07, GEN-11] */
    @ParameterizedTest
    @CsvSource({
        "81CA9F7F00,6881", "01CA9F7F00,6881", "C0CA9F7F00,6881", "44CA9F7F00,6881", "90CA9F7F00,6884",
        "10CA9F7F00,6884", "20CA9F7F00,6E00", "A0CA9F7F00,6E00", "FFCA9F7F00,6E00", "08CA9F7F00,6E00",
        "A1CA9F7F00,6881", "B3CA9F7F00,6881", "21CA9F7F00,6E00", "B0CA9F7F00,6E00", "A1CA9F,6700",
        "00F2800200,6E00", "80B0000000,6D00", "00B0000000,6D00", "80CA9F7F0101,6700",
        "80CA9F7F00000101,6700", "80CA9F7F000000,6700", "80CA9F7F020101010101,6700", "80CA9F,6700",
        "8050FF0100,6A86", "8050FF000401020304,6700", "8082330010" + "00000000000000000000000000000000,6E00",
        "00A40000023F00,6A86", "00D8008100,6E00", "80F08007,6982", "80E4000003D20130,6982",
    })
    void commands_are_refused_in_the_contracts_order(String command, String sw) {
        try (JavaCard card = Cards.card(0x60)) {
            assertEquals(sw, answer(card, command));
            assertEquals("CF0A" + SERIAL + "9000", answer(card, "80CA00CF00"));
        }
    }

    @Test
    void a_terminated_card_answers_get_data_and_refuses_what_it_knows() {
        try (JavaCard card = Cards.card(0x60)) {
            Terminal host = new Terminal(card::transmit).open(0xFF, 0x33);
            assertEquals(0x9000, host.word(0x80, 0xF0, 0x80, 0xFF));
            assertEquals(0x6985, host.word(0x80, 0xD8, 0x77, 0x77));
            card.reset();
            assertEquals("CF0A" + SERIAL + "9000", answer(card, "80CA00CF00"));
            for (String command : new String[] {"8050FF0008" + "00".repeat(8), "84827777", "80F27777", "00A4040000", "00A40000"}) {
                assertEquals("6985", answer(card, command), command);
            }
            assertEquals("6D00", answer(card, "80FF0000"));
            assertEquals("6E00", answer(card, "00500000"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "i,40", "i,02", "i,80", "i,50", "i,6", "i,6060", "keyVersion,00", "keyVersion,0101", "key,00",
        "key,4041", "key,zz", "cplc,00", "colour,blue"
    })
    void settings_that_do_not_fit_are_named(String name, String value) {
        IllegalArgumentException failure = assertThrows(
                IllegalArgumentException.class, () -> JavaCard.insert(Cards.options(Map.of(name, value))));
        assertTrue(failure.getMessage().contains(name), failure.getMessage());
    }
}
