package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static unicard.manager.ContentBench.INSTALL_AND_MAKE_SELECTABLE;
import static unicard.manager.ContentBytes.*;

import org.junit.jupiter.api.Test;
import unicard.manager.Contract.CardState;

/** What SELECT finds, and the answer of the domain. */
class SelectTest {
    private static final String FCI = "6F108408A000000151000000A5049F6501FF";
    private final ContentBench card = new ContentBench().loaded();

    private void install(byte[] aid) {
        assertEquals(0x9000, card.install(INSTALL_AND_MAKE_SELECTABLE, installFor(aid)));
    }

    @Test
    void the_domain_answers_its_name_and_the_longest_command_data() {
        // ISD-01
        assertEquals(FCI + "9000", hex(card.content.select().bytes()));
    }

    @Test
    void a_partial_name_finds_the_domain_first_then_applications_in_order() {
        // ISD-04, ISD-05
        byte[] prefix = hex("A000000151");
        byte[] longer = join(ISD, hex("01"));
        byte[] less = join(prefix, hex("00"));
        install(longer);
        install(less);
        install(INSTANCE);
        assertEquals(hex(ISD), card.select(prefix));
        assertEquals(hex(less), card.select(prefix, 2));
        assertEquals(hex(longer), card.select(prefix, 6));
        assertEquals("6A82", card.select(prefix, 2));
        assertEquals(hex(INSTANCE), card.select(hex("F1494E5354")));
        assertEquals("6A82", card.select(NOTHING, 2));
        assertEquals(hex(ISD), card.select(NOTHING, 4));
        assertEquals(hex(less), card.select(NOTHING, 2));
    }

    @Test
    void the_search_goes_on_behind_a_locked_application() {
        byte[] second = join(INSTANCE, hex("00"));
        install(INSTANCE);
        install(second);
        card.lock(INSTANCE, 0x80);
        assertEquals(hex(second), card.select(hex("F1494E5354")));
    }

    @Test
    void a_module_and_a_load_file_cannot_be_selected() {
        // SEL-02
        assertEquals("6A82", card.select(PACKAGE));
        assertEquals("6A82", card.select(MODULE));
    }

    @Test
    void names_have_5_to_16_bytes_and_p2_four_values() {
        assertEquals("6700", card.select(hex("A0000001")));
        assertEquals("6700", card.select(new byte[17]));
        for (int p2 = 0; p2 < 256; p2++) {
            boolean taken = p2 == 0 || p2 == 2 || p2 == 4 || p2 == 6;
            assertEquals(!taken, "6A86".equals(card.select(NOTHING, p2)), "P2 " + p2);
        }
        assertEquals("6A86", card.select(hex("A0000001"), 1));
    }

    @Test
    void a_locked_card_finds_its_domain_only_and_says_so() {
        // LCK-01
        install(INSTANCE);
        card.state.setLifeCycle(CardState.CARD_LOCKED);
        for (byte[] name : new byte[][] {ISD, NOTHING, hex("A000000151")}) {
            assertEquals(hex(ISD), card.select(name));
        }
        assertEquals("6A82", card.select(INSTANCE));
        assertEquals("6A82", card.select(NOTHING, 2));
        assertEquals(FCI + "6283", hex(card.content.select().bytes()));
    }

    @Test
    void a_terminated_card_selects_nothing_whatever_is_asked_for() {
        // LCK-03
        card.state.setLifeCycle(CardState.TERMINATED);
        for (int p2 : new int[] {0, 1, 2}) {
            assertEquals("6985", card.select(ISD, p2));
        }
        assertEquals("6985", card.select(hex("A0")));
    }
}
