package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static unicard.manager.ContentBytes.ISD;
import static unicard.manager.ContentBytes.hex;
import static unicard.manager.ContentBytes.named;
import static unicard.manager.ContentCard.aid;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.card.CardHungException;

/** INSTALL [for personalization], and STORE DATA that the domain hands on (SDI-06). */
class PersonalizationTest {
    private final ContentCard card = new ContentCard();

    @AfterEach
    void takeOut() {
        card.close();
    }

    private int begin(int number) {
        return card.host.word(0x80, 0xE6, 0x20, 0, named(aid(number)));
    }

    private String store(int cla, int p1, int p2, String data) {
        return card.host.send(cla, 0xE2, p1, p2, hex(data)).toString();
    }

    private String kept(int number) {
        return card.ask(number, 0x40, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Personalized", "OldPersonalized"})
    void the_application_sees_the_command_without_secure_messaging(String probe) {
        card.install(probe, 1);
        assertEquals(0x9000, begin(1));
        assertEquals("9000", store(0x80, 0x08, 0x33, "00112233"));
        assertEquals("80E208330400112233 9000", kept(1));
    }

    @Test
    void the_longest_command_is_handed_on_whole() {
        card.install("Personalized", 1);
        begin(1);
        String data = "00" + "5A".repeat(238);
        assertEquals("9000", store(0x00, 0x88, 0x00, data));
        assertEquals("00E28800EF" + data + " 9000", kept(1));
    }

    @Test
    void forwarding_goes_on_through_a_refusal_and_ends_with_the_last_block() {
        card.install("Personalized", 1);
        begin(1);
        assertEquals("6A99", store(0x80, 0x08, 0, "01"));
        assertEquals("6F00", store(0x80, 0x08, 0, "02"));
        assertEquals("6F00", store(0x80, 0x08, 0, "06"));
        assertEquals("9000", store(0x80, 0x08, 0, "00AA"));
        assertEquals("6A99", store(0x80, 0x88, 0, "01"));
        assertEquals("6A86", store(0x80, 0x08, 0, "00BB"));
        assertEquals("80E2080002" + "00AA 9000", kept(1));
    }

    @ParameterizedTest
    @CsvSource({"CA,00,66", "F2,80,02", "E2FF,00,00", "02,00,00"})
    void another_command_ends_it(String ins, int p1, int p2) {
        card.install("Personalized", 1);
        begin(1);
        if (ins.length() == 4) {
            card.host.raw("00A4040005F000000000");
        } else {
            card.host.send(0x80, Integer.parseInt(ins, 16), p1, p2, hex("4F00"));
        }
        assertEquals("6A86", store(0x80, 0x08, 0, "00BB"));
    }

    @Test
    void the_applications_context_is_current_and_the_domain_has_called_it() {
        card.install("Personalized", 1);
        begin(1);
        String around = store(0x80, 0x08, 0, "04");
        assertEquals("B3" + "07" + "01" + hex(aid(1)) + hex(ISD) + " 9000", around);
        assertEquals(0x9000, card.host.word(0x80, 0xF2, 0x80, 2, hex("4F00")), "the domain is selected");
    }

    @Test
    void the_level_of_the_session_is_for_the_application_to_judge() {
        try (ContentCard plain = new ContentCard(0x01)) {
            plain.install("Personalized", 1);
            plain.host.word(0x80, 0xE6, 0x20, 0, named(aid(1)));
            assertEquals("8107", plain.host.send(0x80, 0xE2, 0x08, 0, hex("04")).toString().substring(0, 4));
        }
    }

    @Test
    void a_transaction_that_stays_open_is_taken_back() {
        card.install("Personalized", 1);
        begin(1);
        assertEquals("9000", store(0x80, 0x08, 0, "00AA"));
        assertEquals("9000", store(0x80, 0x08, 0, "03BB"));
        assertEquals("80E208000200AA 9000", kept(1));
    }

    @Test
    void an_application_that_never_answers_hangs_the_card_until_it_is_reset() {
        card.install("Personalized", 1);
        begin(1);
        assertThrows(CardHungException.class, () -> store(0x80, 0x08, 0, "05"));
        card.reset();
        assertEquals(0x9000, begin(1));
        assertEquals("9000", store(0x80, 0x88, 0, "00AA"));
    }

    @Test
    void who_is_locked_not_selectable_not_listening_or_not_there_is_not_personalized() {
        card.install("States", 1);
        assertEquals(0x6985, begin(1));
        assertEquals(0x6A88, begin(2));
        card.install("Personalized", 3);
        card.host.word(0x80, 0xF0, 0x40, 0x80, aid(3));
        assertEquals(0x6985, begin(3));
        card.host.word(0x80, 0xE6, 0x04, 0, ContentCard.installData("Personalized", 4, new byte[0]));
        assertEquals(0x6985, begin(4));
        assertEquals("6A86", store(0x80, 0x08, 0, "00AA"));
    }

    @Test
    void before_it_is_named_again_the_domain_takes_store_data_for_itself() {
        card.install("Personalized", 1);
        begin(1);
        assertEquals("9000", store(0x80, 0x88, 0, "00AA"));
        assertEquals("9000", store(0x80, 0x90, 0, "420177"));
        assertEquals("420177 9000", card.host.send(0x80, 0xCA, 0, 0x42).toString());
    }
}
