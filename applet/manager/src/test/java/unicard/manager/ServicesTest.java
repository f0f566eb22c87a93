package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.ContentBytes.ISD;
import static unicard.manager.ContentBytes.hex;
import static unicard.manager.ContentCard.aid;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What applets get of org.globalplatform: install data, registry entry, life cycles. */
class ServicesTest {
    private static final int BY_SYSTEM = 0x20;
    private static final int BY_ENTRY = 0x22;
    private static final int ABORTED = 0x24;
    private static final int BOTH = 0x26;

    private final ContentCard card = new ContentCard();

    @AfterEach
    void takeOut() {
        card.close();
    }

    @Test
    void an_applet_gets_its_name_privileges_and_parameters() {
        assertEquals(0x9000, card.install("Parameters", 1, hex("C0FFEE")));
        assertEquals("07" + hex(aid(1)) + "010003C0FFEE 9000", card.ask(1, 0x10, 0));
    }

    @Test
    void while_it_is_installed_an_applet_is_in_installed_and_has_no_entry() {
        card.install("Parameters", 1);
        assertEquals("03000001 9000", card.ask(1, 0x12, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {BY_SYSTEM, BY_ENTRY})
    void an_application_moves_through_its_own_states_only(int way) {
        // GlobalPlatform Card 2.3.1, 5.3.1.5; Card API 1.6, GPSystem.setCardContentState
        card.install("States", 1);
        int now = 0x07;
        for (int state = 0; state < 0x80; state++) {
            boolean own = (state & 7) == 7;
            now = own ? state : now;
            String expected = String.format("%02X%02X 9000", own ? 1 : 0, now);
            assertEquals(expected, card.ask(1, way, state), "to " + state);
        }
        assertEquals("0107 9000", card.ask(1, way, 0x07));
        card.ask(1, way, 0x1F);
        card.reset();
        assertTrue(card.everything().contains("9F70011F"));
    }

    @ParameterizedTest
    @ValueSource(ints = {BY_SYSTEM, BY_ENTRY})
    void an_application_that_locks_itself_stays_selected_and_never_unlocks_itself(int way) {
        card.install("States", 1);
        card.ask(1, BY_SYSTEM, 0x0F);
        assertEquals("018F 9000", card.ask(1, way, 0xC0));
        for (int state : new int[] {0x00, 0x0F, 0x07, 0x80, 0xFF}) {
            assertEquals("008F 9000", card.host.send(0x80, way, state, 0).toString());
        }
        assertEquals("6A82", card.host.select(aid(1)).toString());
        card.again();
        assertEquals(0x9000, card.host.word(0x80, 0xF0, 0x40, 0x00, aid(1)));
        assertEquals("010F 9000", card.ask(1, BOTH, 0));
    }

    @Test
    void an_aborted_transaction_takes_the_state_back() {
        card.install("States", 1);
        assertEquals("0107 9000", card.ask(1, ABORTED, 0x0F));
        assertEquals("0107 9000", card.ask(1, BOTH, 0));
    }

    @Test
    void the_lock_of_an_application_keeps_its_own_state() {
        // SST-07
        card.install("States", 1);
        card.ask(1, BY_SYSTEM, 0x3F);
        card.again();
        assertEquals(0x9000, card.host.word(0x80, 0xF0, 0x40, 0x80, aid(1)));
        assertTrue(card.everything().contains("9F7001BF"));
        assertEquals(0x9000, card.host.word(0x80, 0xF0, 0x40, 0x00, aid(1)));
        assertEquals("013F 9000", card.ask(1, BOTH, 0));
    }

    @Test
    void the_cards_state_is_the_registrys() {
        card.install("States", 1);
        assertEquals("0107 9000", card.ask(1, BOTH, 0));
        card.again().host.word(0x80, 0xF0, 0x80, 0x07);
        assertEquals("0707 9000", card.ask(1, BOTH, 0));
    }

    @Test
    void what_needs_a_privilege_is_refused_and_changes_nothing() {
        card.install("States", 1);
        String before = card.everything();
        assertEquals("0007 9000", card.ask(1, 0x28, 0));
        assertEquals(before, card.everything());
    }

    @Test
    void an_application_gets_its_own_entry_and_no_other() {
        card.install("Entry", 1);
        card.install("States", 2);
        assertEquals(hex(aid(1)) + " 9000", card.ask(1, 0x30, 0));
        assertEquals("0101 9000", card.ask(1, 0x38, 0, aid(1)));
        assertEquals("0000 9000", card.ask(1, 0x38, 0, aid(2)));
        assertEquals("0000 9000", card.ask(1, 0x38, 0, aid(3)));
        assertEquals("0000 9000", card.ask(1, 0x38, 0, ISD));
    }

    @Test
    void an_entry_says_that_the_application_is_the_issuers_and_has_no_privilege() {
        card.install("Entry", 1);
        assertEquals("01 9000", card.ask(1, 0x36, 0, ISD));
        assertEquals("00 9000", card.ask(1, 0x36, 0, aid(1)));
        assertEquals("00 9000", card.ask(1, 0x36, 0));
        assertEquals("00000003 9000", card.ask(1, 0x32, 0));
        for (int privilege : new int[] {0x00, 0x07, 0x08, 0x13, 0x17, 0x18, 0x7F, 0x80, 0xFF}) {
            assertEquals("00 9000", card.ask(1, 0x34, privilege));
        }
    }

    @Test
    void no_application_offers_services() {
        card.install("Entry", 1);
        assertEquals("6985", card.ask(1, 0x3A, 0));
        assertEquals("6985", card.ask(1, 0x3A, 1));
    }
}
