package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.ContentBytes.C9;
import static unicard.manager.ContentBytes.INSTANCE;
import static unicard.manager.ContentBytes.MODULE;
import static unicard.manager.ContentBytes.NOTHING;
import static unicard.manager.ContentBytes.PACKAGE;
import static unicard.manager.ContentBytes.announcement;
import static unicard.manager.ContentBytes.cap;
import static unicard.manager.ContentBytes.fields;
import static unicard.manager.ContentBytes.hex;
import static unicard.manager.ContentBytes.join;
import static unicard.manager.ContentBytes.loadFile;
import static unicard.manager.ContentBytes.named;
import static unicard.manager.ContentCard.aid;
import static unicard.manager.ContentCard.installData;

import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.card.CardCore;
import unicard.card.JavaCard;
import unicard.card.TearCounts;
import unicard.card.Tears;

/**
 * Every change of content happens whole or not at all, whatever write the power fails at, and whatever
 * write of the recovery it fails at again. What is compared is all that the card shows of its content,
 * and how much memory it has left.
 */
class TornContentTest {
    private static final byte[] LOAD_FILE = loadFile(cap(PACKAGE, 20, MODULE));

    /** A card in a session, as a step of a run. */
    private static Tears.Step step(Consumer<ContentCard> act) {
        return card -> act.accept(ContentCard.of(card).reset());
    }

    private static String look(CardCore card) {
        String shown = ContentCard.of(card).everything();
        return shown + card.measures().persistentBytes();
    }

    /** Cuts one command everywhere; answers what came of it. */
    private static TearCounts<String> cut(
            Consumer<ContentCard> before,
            Consumer<ContentCard> approach,
            int ins,
            int p1,
            int p2,
            byte[] data) {
        ContentCard[] open = new ContentCard[1];
        return Tears.of(
                        () -> JavaCard.insert(ContentCard.options()),
                        step(before),
                        card -> assertEquals(0x9000, open[0].host.word(0x80, ins, p1, p2, data)),
                        TornContentTest::look)
                .approaching(
                        card -> {
                            open[0] = ContentCard.of(card).reset();
                            approach.accept(open[0]);
                        })
                .count();
    }

    private static TearCounts<String> assertWhole(TearCounts<String> counts) {
        assertNotEquals(counts.before(), counts.after(), "the command changes something");
        assertEquals(Set.of(), counts.torn());
        assertTrue(counts.cuts() > 0);
        return counts;
    }

    private static void nothing(ContentCard card) {}

    private static void withPackage(ContentCard card) {
        assertEquals(0x9000, card.load(PACKAGE, cap(PACKAGE, 20, MODULE)));
    }

    private static void withInstances(ContentCard card) {
        withPackage(card);
        assertEquals(0x9000, card.installInert(PACKAGE, MODULE, INSTANCE));
        assertEquals(0x9000, card.installInert(PACKAGE, MODULE, aid(3)));
        assertEquals(0x9000, card.install("Farewell", 2));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x04, 0x0C})
    void an_application_of_a_class_appears_whole(int p1) {
        assertWhole(
                cut(TornContentTest::nothing, TornContentTest::nothing, 0xE6, p1, 0,
                        installData("Parameters", 1, hex("010203"))));
    }

    @Test
    void an_inert_application_appears_whole() {
        byte[] data = fields(PACKAGE, MODULE, INSTANCE, NOTHING, C9, NOTHING);
        assertWhole(cut(TornContentTest::withPackage, TornContentTest::nothing, 0xE6, 0x0C, 0, data));
    }

    @Test
    void a_load_file_appears_whole_with_its_last_block() {
        Consumer<ContentCard> announce =
                card -> assertEquals(0x9000, card.host.word(0x80, 0xE6, 0x02, 0, announcement(PACKAGE)));
        assertWhole(cut(TornContentTest::nothing, announce, 0xE8, 0x80, 0, LOAD_FILE));
    }

    @Test
    void an_application_is_deleted_whole_and_its_memory_is_free() {
        // DEL-08
        TearCounts<String> counts =
                assertWhole(
                        cut(TornContentTest::withInstances, TornContentTest::nothing, 0xE4, 0, 0,
                                ContentBytes.deletion(aid(2))));
        assertTrue(used(counts.before()) - used(counts.after()) > 1000, "the ballast of the applet");
    }

    private static int used(String look) {
        return Integer.parseInt(look.substring(look.lastIndexOf(' ') + 1));
    }

    @Test
    void a_load_file_and_its_applications_are_deleted_together_or_not_at_all() {
        // DEL-06, DEL-08
        TearCounts<String> counts =
                assertWhole(
                        cut(TornContentTest::withInstances, TornContentTest::nothing, 0xE4, 0, 0x80,
                                ContentBytes.deletion(PACKAGE)));
        assertTrue(counts.after().contains(hex(aid(2))), "the application of another load file");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x80, 0x00})
    void a_lock_is_set_and_taken_away_in_one_write(int p2) {
        Consumer<ContentCard> before =
                card -> {
                    card.install("States", 1);
                    if (p2 == 0) {
                        card.host.word(0x80, 0xF0, 0x40, 0x80, aid(1));
                    }
                };
        TearCounts<String> counts = cut(before, TornContentTest::nothing, 0xF0, 0x40, p2, aid(1));
        assertEquals(1, assertWhole(counts).cuts());
    }

    @Test
    void an_application_becomes_selectable_in_one_write() {
        Consumer<ContentCard> before =
                card -> card.host.word(0x80, 0xE6, 0x04, 0, installData("States", 1, NOTHING));
        TearCounts<String> counts = cut(before, TornContentTest::nothing, 0xE6, 8, 0, named(aid(1)));
        assertEquals(1, assertWhole(counts).cuts());
    }

    @Test
    void the_cards_life_cycle_moves_in_one_write() {
        TearCounts<String> counts =
                cut(TornContentTest::nothing, TornContentTest::nothing, 0xF0, 0x80, 0x07, NOTHING);
        assertEquals(1, assertWhole(counts).cuts());
    }

    @Test
    void the_numbers_of_store_data_are_replaced_together() {
        Consumer<ContentCard> old =
                card -> assertEquals(0x9000, card.host.word(0x80, 0xE2, 0x90, 0, hex("42020102450103")));
        byte[] data = join(hex("4210"), new byte[16], hex("450155"));
        assertWhole(cut(old, TornContentTest::nothing, 0xE2, 0x90, 0, data));
    }

    @Test
    void an_application_moves_its_own_life_cycle_in_one_write() {
        Consumer<ContentCard> select = card -> card.host.select(aid(1));
        TearCounts<String> counts =
                cut(card -> card.install("States", 1), select, 0x20, 0x1F, 0, NOTHING);
        assertEquals(1, assertWhole(counts).cuts());
    }
}
