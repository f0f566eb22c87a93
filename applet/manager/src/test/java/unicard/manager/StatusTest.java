package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.ContentBench.INSTALL;
import static unicard.manager.ContentBench.INSTALL_AND_MAKE_SELECTABLE;
import static unicard.manager.ContentBench.MAKE_SELECTABLE;
import static unicard.manager.ContentBytes.*;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.manager.Contract.CardState;
import unicard.manager.Contract.Instruction;

/** GET STATUS and SET STATUS. */
class StatusTest {
    private static final String ISD_ENTRY = "E3134F08A0000001510000009F700101C5039EFE80";
    private final ContentBench card = new ContentBench().loaded();

    private void install(byte[] aid) {
        assertEquals(0x9000, card.install(INSTALL_AND_MAKE_SELECTABLE, installFor(aid)));
    }

    private int list(int p1, int p2, String search) {
        return card.sw(Instruction.GET_STATUS, p1, p2, hex(search));
    }

    @Test
    void get_status_lists_what_is_on_the_card() {
        // GST-01
        install(INSTANCE);
        assertEquals(ISD_ENTRY, card.listed(0x80, "4F00"));
        String application =
                "E3244F07F1494E535400019F700107C503000000C406F04F54484552CC08A000000151000000";
        assertEquals(application, card.listed(0x40, "4F00"));
        String own = "4F09F0554E4943415244019F700101CE020100";
        String other = "4F06F04F544845529F700101CE020203";
        String domain = "CC08A000000151000000";
        assertEquals("E31A" + other + domain + "E31D" + own + domain, card.listed(0x20, "4F00"));
        assertEquals(
                "E32C" + other + "8407F04F54484552018407F04F5448455202" + domain
                        + "E329" + own + "840AF0554E49434152440101" + domain,
                card.listed(0x10, "4F00"));
    }

    @Test
    void a_search_finds_names_that_begin_so() {
        // GST-06, GST-04
        install(INSTANCE);
        assertEquals(ISD_ENTRY, card.listed(0x80, "4F05A000000151"));
        assertEquals(0x6A88, list(0x80, 2, "4F05F149444E53"));
        assertEquals(0x9000, list(0x40, 2, "4F01F1"));
        assertEquals(0x9000, list(0x40, 2, "4F07F1494E53540001"));
        assertEquals(0x6A88, list(0x40, 2, "4F08F1494E5354000100"));
        assertEquals("E3084F06F04F54484552E30B4F09F0554E494341524401", card.listed(0x20, "4F01F0 5C014F"));
    }

    @ParameterizedTest
    @CsvSource({
        "4F,4F07F1494E53540001",
        "4F9F70,4F07F1494E535400019F700107",
        "9F70C5,9F700107C503000000",
        "C59F70,9F700107C503000000",
        "C4,C406F04F54484552",
        "CC,CC08A000000151000000",
        "84,''",
        "'',4F07F1494E535400019F700107C503000000C406F04F54484552CC08A000000151000000",
    })
    void a_tag_list_says_which_parts_of_an_entry_are_answered(String tags, String parts) {
        // GST-06
        install(INSTANCE);
        String entry = String.format("E3%02X%s", parts.length() / 2, parts);
        assertEquals(entry, card.listed(0x40, "4F00 5C" + String.format("%02X", tags.length() / 2) + tags));
    }

    @Test
    void a_long_list_goes_on_after_6310_with_whole_entries() {
        // GST-02
        byte[][] names = new byte[16][];
        for (int number = 15; number >= 0; number--) {
            names[number] = join(hex("F1"), new byte[14], new byte[] {(byte) number});
            assertEquals(0x9000, card.install(INSTALL, installFor(OWN, OWN_MODULE, names[number])));
        }
        StringBuilder words = new StringBuilder();
        StringBuilder found = new StringBuilder();
        Answer answer;
        do {
            answer = card.send(Instruction.GET_STATUS, 0x40, words.isEmpty() ? 2 : 3, EVERY);
            assertTrue(answer.data().length <= 239);
            assertEquals(0, answer.data().length % 50);
            words.append(Integer.toHexString(answer.sw())).append(' ');
            found.append(hex(answer.data()));
        } while (answer.sw() == 0x6310);
        assertEquals("6310 6310 6310 9000 ", words.toString());
        int at = -1;
        for (byte[] name : names) {
            int next = found.indexOf("4F10" + hex(name));
            assertTrue(next > at, "in the order of AIDs");
            at = next;
        }
        assertEquals(0x6985, list(0x40, 3, "4F00"));
    }

    @Test
    void a_list_is_gone_on_with_for_the_same_search_and_directly_only() {
        // GST-05
        assertEquals(0x6985, list(0x40, 3, "4F00"));
        for (int number = 0; number < 8; number++) {
            install(join(INSTANCE, new byte[] {(byte) number}));
        }
        for (String other : new String[] {"4F05F1494E5354", "4F005C014F"}) {
            assertEquals(0x6310, list(0x40, 2, "4F00"));
            assertEquals(0x6985, list(0x40, 3, other));
            assertEquals(0x6985, list(0x40, 3, "4F00"));
        }
        assertEquals(0x6310, list(0x40, 2, "4F00"));
        assertEquals(0x6985, list(0x20, 3, "4F00"));
        assertEquals(0x6310, list(0x40, 2, "4F00"));
        assertEquals(0x6A80, list(0x40, 2, "4F"));
        assertEquals(0x6985, list(0x40, 3, "4F00"));
        assertEquals(0x6310, list(0x40, 2, "4F00"));
        card.content.endSequences(Instruction.GET_DATA);
        assertEquals(0x6985, list(0x40, 3, "4F00"));
    }

    @Test
    void every_entry_of_a_full_card_fits_an_answer() {
        byte[] name = hex("F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7");
        byte[][] modules = new byte[8][];
        for (int number = 0; number < 8; number++) {
            modules[number] = name.clone();
            modules[number][15] = (byte) number;
        }
        assertEquals(0x9000, card.load(name, cap(name, 5, modules)));
        String entry = card.listed(0x10, "4F10" + hex(name));
        assertTrue(entry.startsWith("E381B4") && entry.contains(hex(modules[7])), entry);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "4F", "4F01", "5C014F", "4F0000", "4F005C", "4F005C019F", "4F005C0100", "4F005C014F4F00",
        "4F005C014F5C00", "4F004F00", "4F110000000000000000000000000000000000",
    })
    void a_malformed_search_is_refused(String search) {
        // GST-07
        assertEquals(0x6A80, list(0x40, 2, search));
    }

    // SET STATUS of the card

    @Test
    void a_card_goes_where_its_life_cycle_leads_and_nowhere_else() {
        // SST-01, SST-03, LCK-03
        String steps = "01>07 01>FF 07>0F 07>FF 0F>7F 0F>FF 7F>0F 7F>FF";
        for (CardState from : CardState.values()) {
            for (int to : new int[] {0x07, 0x0F, 0x7F, 0xFF}) {
                card.state.setLifeCycle(from);
                boolean allowed = steps.contains(String.format("%02X>%02X", from.code, to));
                assertEquals(allowed ? 0x9000 : 0x6985, card.moveCard(to), from + " to " + to);
                assertEquals(allowed ? to : from.code, card.state.lifeCycle().code);
            }
        }
    }

    @Test
    void get_status_shows_the_cards_state() {
        card.moveCard(0x07);
        assertEquals("E3049F700107", card.listed(0x80, "4F00 5C029F70"));
    }

    // SET STATUS of applications

    @Test
    void a_locked_application_is_not_found_and_unlocking_leads_back() {
        // SST-04, SST-05
        install(INSTANCE);
        assertEquals(0x9000, card.lock(INSTANCE, 0x80));
        assertEquals("E3049F700187", card.listed(0x40, "4F00 5C029F70"));
        assertEquals("6A82", card.select(INSTANCE));
        assertEquals(0x6985, card.lock(INSTANCE, 0x80));
        assertEquals(0x9000, card.lock(INSTANCE, 0x00));
        assertEquals("E3049F700107", card.listed(0x40, "4F00 5C029F70"));
        assertEquals(hex(INSTANCE), card.select(INSTANCE));
    }

    @Test
    void an_application_that_is_installed_only_can_be_locked_and_stays_installed() {
        card.install(INSTALL, installFor(INSTANCE));
        assertEquals(0x9000, card.lock(INSTANCE, 0x80));
        assertEquals("E3049F700183", card.listed(0x40, "4F00 5C029F70"));
        assertEquals(0x9000, card.install(MAKE_SELECTABLE, named(INSTANCE)));
        assertEquals("E3049F700187", card.listed(0x40, "4F00 5C029F70"));
        assertEquals(0x9000, card.lock(INSTANCE, 0x07));
        assertEquals("E3049F700107", card.listed(0x40, "4F00 5C029F70"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x07, 0x0F, 0x7F})
    void only_locks_are_changed_by_set_status_of_an_application(int p2) {
        // SST-05
        install(INSTANCE);
        assertEquals(0x6985, card.lock(INSTANCE, p2));
        assertEquals("E3049F700107", card.listed(0x40, "4F00 5C029F70"));
    }

    @Test
    void a_lock_names_one_application() {
        // SST-06
        install(INSTANCE);
        for (byte[] aid : new byte[][] {ascii("another"), ISD, PACKAGE, hex("F1494E535400")}) {
            assertEquals(0x6A88, card.lock(aid, 0x80));
        }
    }
}
