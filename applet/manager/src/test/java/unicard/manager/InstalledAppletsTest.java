package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.ContentBytes.INSTANCE;
import static unicard.manager.ContentBytes.MODULE;
import static unicard.manager.ContentBytes.NOTHING;
import static unicard.manager.ContentBytes.OTHER_MODULE;
import static unicard.manager.ContentBytes.PACKAGE;
import static unicard.manager.ContentBytes.cap;
import static unicard.manager.ContentBytes.fields;
import static unicard.manager.ContentBytes.hex;
import static unicard.manager.ContentBytes.join;
import static unicard.manager.ContentCard.LATER;
import static unicard.manager.ContentCard.LATER_MODULE;
import static unicard.manager.ContentCard.aid;

import java.util.List;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import unicard.manager.host.Terminal;

/** Applications that are installed, selected and deleted on a whole card. */
class InstalledAppletsTest {
    private final ContentCard card = new ContentCard();
    private final Terminal host = card.host;

    @AfterEach
    void takeOut() {
        card.close();
    }

    private int used() {
        return card.card.measures().persistentBytes();
    }

    // Inert applications

    @Test
    void an_inert_application_answers_its_name_and_knows_nothing() {
        // INS-07
        assertEquals(0x9000, card.load(PACKAGE, cap()));
        assertEquals(0x9000, card.installInert(PACKAGE, MODULE, INSTANCE));
        assertEquals("6F098407" + hex(INSTANCE) + " 9000", host.select(INSTANCE).toString());
        for (int cla : new int[] {0x00, 0x04, 0x80, 0x84}) {
            for (int ins : new int[] {0x20, 0x50, 0x82, 0xCA, 0xE2, 0xF2}) {
                assertEquals(0x6D00, host.word(cla, ins, 0, 0, new byte[8]));
            }
        }
        assertEquals("9000", host.selectDomain().toString().substring(37));
    }

    @ParameterizedTest
    @CsvSource({
        "01CA000000,6881", "40CA000000,6881", "C0CA000000,6881", "90CA000000,6884", "10CA000000,6884",
        "20CA000000,6E00", "30CA000000,6E00", "B0CA000000,6E00", "08CA000000,6E00", "FFCA000000,6E00",
        "A1CA000000,6881", "B2CA000000,6881", "A4CA000000,6E00", "01CA0000000000,6700", "FF,6700",
        "00CA0000000000,6700", "00CA,6700", "00A4000000,6A86", "00A40401,6A86", "00A4040004F1494E53,6700",
        "00A4040005F1494E5355,6A82", "00A404001101020304050607080910111213141516170000,6700",
    })
    void an_inert_application_has_the_cards_classes_lengths_and_select(String command, String word) {
        // GEN-01, GEN-02, GEN-03, GEN-11, SEL-02
        card.load(PACKAGE, cap());
        card.installInert(PACKAGE, MODULE, INSTANCE);
        host.select(INSTANCE);
        assertEquals(word, host.raw(command).toString());
        assertEquals(0x6D00, host.word(0x80, 0xCA, 0x9F, 0x7F), "it is still selected");
    }

    @Test
    void inert_applications_are_found_by_the_first_bytes_of_their_names() {
        // ISD-04, ISD-05
        card.load(PACKAGE, cap());
        card.installInert(PACKAGE, OTHER_MODULE, aid(3));
        card.installInert(PACKAGE, MODULE, aid(2));
        assertTrue(host.raw("00A4040005F1494E5354").toString().contains(hex(aid(2))));
        assertTrue(host.raw("00A4040205F1494E5354").toString().contains(hex(aid(3))));
        assertEquals("6A82", host.raw("00A4040205F1494E5354").toString());
    }

    // Modules with a class

    @Test
    void a_load_file_that_the_jvm_knows_must_be_loaded_before_it_is_installed() {
        assertEquals(0x6A88, card.installInert(LATER, LATER_MODULE, aid(1)));
        assertEquals(0x9000, card.load(LATER, cap(LATER, 10, LATER_MODULE, MODULE)));
        assertEquals(0x9000, card.installInert(LATER, LATER_MODULE, aid(1)));
        assertEquals("07" + hex(aid(1)) + "010000 9000", card.ask(1, 0x10, 0));
        card.again();
        assertEquals(0x9000, card.installInert(LATER, MODULE, aid(2)));
        assertEquals("6D00", card.ask(2, 0x10, 0));
        card.again();
        assertEquals(0x9000, card.delete(LATER, 0x80));
        assertEquals(0x6A88, card.installInert(LATER, LATER_MODULE, aid(1)));
    }

    @ParameterizedTest
    @CsvSource({"0,6A80", "1,6A99", "2,6A80", "3,6A80", "4,6A84"})
    void an_applet_that_cannot_be_installed_is_refused_and_leaves_nothing(int why, String word) {
        String before = card.everything();
        int memory = used();
        assertEquals(Integer.parseInt(word, 16), card.install("Misfit", 1, (byte) why));
        assertEquals(before, card.everything());
        assertEquals(memory, used());
        assertEquals(0x9000, card.install("Parameters", 1));
    }

    @Test
    void an_applet_that_asks_for_an_application_that_nobody_has_is_told_so_and_stays_selected() {
        // SEL-02
        card.install("States", 1);
        assertEquals("0107 9000", card.ask(1, 0x26, 0));
        assertEquals("6A82", host.raw("00A4040005F000000000").toString());
        assertEquals("6700", host.raw("00A4040011" + "00".repeat(17)).toString());
        assertEquals("6A86", host.raw("00A4040105F149444E53").toString());
        assertEquals("0107 9000", host.send(0x80, 0x26, 0, 0).toString());
    }

    @Test
    void an_application_that_is_locked_installed_only_or_on_a_locked_card_is_not_found() {
        // SST-04, INS-06, LCK-01
        card.install("States", 1);
        host.word(0x80, 0xE6, 0x04, 0, ContentCard.installData("States", 2, NOTHING));
        host.word(0x80, 0xF0, 0x40, 0x80, aid(1));
        assertEquals("6A82", host.select(aid(1)).toString());
        assertEquals("6A82", host.select(aid(2)).toString());
        card.again();
        assertEquals(0x9000, host.word(0x80, 0xF0, 0x40, 0x00, aid(1)));
        for (int state : new int[] {0x07, 0x0F, 0x7F}) {
            assertEquals(0x9000, host.word(0x80, 0xF0, 0x80, state));
        }
        assertEquals("6A82", host.select(aid(1)).toString());
        card.card.reset();
        assertEquals("6A82", host.select(aid(1)).toString());
        assertEquals(0x6283, host.selectDomain().sw());
        card.again();
        assertEquals(0x9000, host.word(0x80, 0xF0, 0x80, 0x0F));
        assertEquals("0F07 9000", card.ask(1, 0x26, 0));
    }

    // Deletion

    @Test
    void a_deleted_application_is_told_and_its_memory_is_free_again() {
        card.install("Farewell", 1, (byte) 0);
        card.reset();
        int memory = used();
        assertEquals(0x9000, card.install("Farewell", 2, (byte) 0));
        assertTrue(used() > memory + 1000);
        assertEquals(0x9000, card.delete(aid(2), 0));
        assertEquals(memory, used());
        assertEquals("01 9000", card.ask(1, 0x50, 0));
    }

    @Test
    void an_applet_that_is_told_still_has_its_name_and_its_registry_entry() {
        card.install("Farewell", 1, (byte) 0);
        card.install("Farewell", 2, (byte) 3);
        assertEquals(0x9000, card.delete(aid(2), 0));
        assertEquals("02 9000", card.ask(1, 0x50, 0));
    }

    @Test
    void what_an_applet_does_when_it_is_told_stops_nothing() {
        // JCRE 3.0.5, 11.3.4: exceptions of uninstall are ignored
        card.install("Farewell", 1, (byte) 0);
        card.install("Farewell", 2, (byte) 1);
        card.install("Farewell", 3, (byte) 2);
        assertEquals(0x9000, card.delete(aid(2), 0));
        assertEquals(0x9000, card.delete(aid(3), 0));
        assertEquals("02 9000", card.ask(1, 0x50, 0), "what stood in the open transaction is taken back");
        card.again();
        assertEquals(0x6A88, card.delete(aid(2), 0));
    }

    @Test
    void a_full_memory_is_answered_6a84_and_a_deletion_makes_room() {
        // INS-05
        try (ContentCard small = ContentCard.withMemory(4000)) {
            int number = 0;
            int word;
            do {
                word = small.install("Farewell", ++number, (byte) 0);
            } while (word == 0x9000);
            assertEquals(0x6A84, word);
            assertTrue(number > 2 && number < 5, "applets of 1000 bytes: " + number);
            String before = small.everything();
            assertEquals(0x6A84, small.install("Farewell", number, (byte) 0));
            assertEquals(before, small.everything());
            assertEquals(0x9000, small.delete(aid(1), 0));
            assertEquals(0x9000, small.install("Farewell", number, (byte) 0));
        }
    }

    @Test
    void a_card_with_no_room_says_so_and_is_as_before_whatever_there_was_no_room_for() {
        // INS-05, GEN-10
        int refusals = 0;
        for (int bytes = 470; bytes < 1500; bytes += 103) {
            try (ContentCard small = ContentCard.withMemory(bytes)) {
                List<IntSupplier> steps = List.of(
                        () -> small.load(PACKAGE, cap(PACKAGE, 5, MODULE)),
                        () -> small.installInert(PACKAGE, MODULE, INSTANCE),
                        () -> small.host.word(0x80, 0xE2, 0x90, 0, join(hex("4210"), new byte[16])),
                        () -> small.install("Personalized", 7),
                        () -> small.install("States", 8));
                for (IntSupplier step : steps) {
                    String before = small.everything();
                    int used = small.card.measures().persistentBytes();
                    int word = step.getAsInt();
                    if (word == 0x9000) {
                        continue;
                    }
                    String where = bytes + " bytes, step " + steps.indexOf(step);
                    assertTrue(word == 0x6A84 || word == 0x6A88, where + ": " + Integer.toHexString(word));
                    assertEquals(used, small.card.measures().persistentBytes(), where);
                    assertEquals(before, small.everything(), where);
                    refusals++;
                }
            }
        }
        assertTrue(refusals > 5, "refusals: " + refusals);
    }

    @Test
    void install_data_beyond_127_bytes_is_no_data_for_a_java_card_applet() {
        // Java Card API 3.0.5, Applet.install: bLength is at most 127
        assertEquals(0x9000, card.install("Parameters", 1, new byte[127 - 8 - 2 - 1]));
        assertEquals(0x6A80, card.install("Parameters", 2, new byte[127 - 8 - 2]));
        byte[] c9 = join(hex("C98180"), new byte[0x80]);
        byte[] data = join(fields(ContentCard.PROBES, ContentCard.module("Parameters"), aid(3), NOTHING),
                hex("8183"), c9, new byte[1]);
        assertEquals(0x6A80, host.word(0x80, 0xE6, 0x0C, 0, data));
    }
}
