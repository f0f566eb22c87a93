package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.host.Hex.bytes;
import static unicard.manager.host.Hex.hex;
import static unicard.manager.host.Hex.join;
import static unicard.manager.host.Hex.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.card.JavaCard;
import unicard.manager.host.Cards;
import unicard.manager.host.Crypto;
import unicard.manager.host.Keys;
import unicard.manager.host.Reply;
import unicard.manager.host.Terminal;

/** PUT KEY and DELETE KEY. Names in brackets are requirements. */
class KeySetsTest {
    private static final int ENC = 1;
    private static final int MAC = 2;
    private static final int DEK = 3;
    private static final Keys A = Keys.invented(0x11, 16);
    private static final Keys B = Keys.invented(0x21, 16);
    private static final Keys LONG = Keys.invented(0x31, 32);

    private JavaCard card;

    @BeforeEach
    void insert() {
        card = Cards.card(0x60);
    }

    @AfterEach
    void remove() {
        card.close();
    }

    private Terminal session(Keys keys, int version) {
        Terminal host = new Terminal(card::transmit).with(keys);
        host.selectDomain();
        return host.open(version, 0x33);
    }

    private Terminal blank() {
        return session(Keys.TEST, 0xFF);
    }

    /** A session of the card's only set, 30. */
    private Terminal keyed() {
        assertEquals(0x9000, blank().put(0x30, 0, A).sw());
        return session(A, 0x30);
    }

    /** Whether a session of this version opens with these keys, Key-ENC included. */
    private boolean opens(Keys keys, int version) {
        Terminal host = new Terminal(card::transmit).with(keys);
        host.selectDomain();
        if (host.raw(join(bytes(0x80, 0x50, version, 0, 8), new byte[8])).sw() != 0x9000) {
            return false;
        }
        try {
            host.open(version, 0x33);
            return host.word(0x80, 0xF2, 0x80, 0x02, hex("4F00")) == 0x9000;
        } catch (AssertionError otherKeys) {
            return false;
        }
    }

    /** Number, version and length of each key that GET DATA E0 lists. */
    private String listed() {
        Terminal host = new Terminal(card::transmit);
        host.selectDomain();
        return listed(host);
    }

    private static String listed(Terminal host) {
        byte[] data = host.send(0x80, 0xCA, 0x00, 0xE0).data();
        StringBuilder all = new StringBuilder();
        for (int at = 2; at < data.length; at += 6) {
            assertEquals("C004", text(Arrays.copyOfRange(data, at, at + 2)));
            assertEquals(0x88, data[at + 4] & 0xFF);
            all.append(String.format("%d/%02X/%d ", data[at + 2], data[at + 3], data[at + 5]));
        }
        return all.toString().trim();
    }

    private static String listed(int version, int length) {
        return String.format("1/%02X/%d 2/%02X/%d 3/%02X/%d", version, length, version, length, version, length);
    }

    /** Refused, with nothing written and the session open. */
    private void refused(int sw, Terminal host, Reply reply) {
        assertEquals(String.format("%04X", sw), reply.toString());
        assertEquals(0x9000, host.word(0x80, 0xCA, 0x00, 0xE0));
    }

    private void unchanged(Terminal host, Runnable action) {
        String before = listed(host);
        long writes = card.measures().totalWrites();
        action.run();
        assertEquals(writes, card.measures().totalWrites());
        assertEquals(before, listed(host));
    }

    // PUT KEY

    /** [PUK-01, PUK-09] */
    @ParameterizedTest
    @CsvSource({"16,true", "24,true", "32,true", "16,false", "32,false"})
    void a_set_of_any_length_is_taken_with_and_without_the_length_of_its_keys(int length, boolean inner) {
        Keys keys = Keys.invented(0x41, length);
        Terminal host = blank();
        byte[] data = bytes(0x30);
        byte[] checks = bytes(0x30);
        for (int number = ENC; number <= DEK; number++) {
            data = join(data, host.block(keys.key(number), inner));
            checks = join(checks, Crypto.checkValue(keys.key(number)));
        }
        assertEquals(text(checks) + " 9000", host.send(0x80, 0xD8, 0, 0x81, data).toString());
        card.reset();
        assertEquals(listed(0x30, length), listed());
        assertTrue(opens(keys, 0x30));
        assertFalse(opens(Keys.TEST, 0xFF));
    }

    /** [PUK-07] */
    @Test
    void the_factory_set_goes_with_the_first_complete_set_and_not_before() {
        Terminal host = blank();
        assertEquals(0x9000, host.put(0x30, 0, ENC, A.enc()).sw());
        assertEquals(0x9000, host.put(0x30, 0, MAC, A.mac()).sw());
        assertEquals("1/30/16 2/30/16 " + listed(0xFF, 16), listed());
        host = blank();
        assertEquals(0x9000, host.put(0x30, 0, DEK, A.dek()).sw());
        assertEquals(0x9000, host.word(0x80, 0xF2, 0x80, 0x02, hex("4F00")));
        assertEquals(listed(0x30, 16), listed());
        assertFalse(opens(Keys.TEST, 0xFF));
        assertTrue(opens(A, 0x30));
    }

    @Test
    void a_factory_set_of_another_version_stays() {
        card.close();
        card = JavaCard.insert(Cards.options(Map.of("keyVersion", "01")));
        assertEquals(0x9000, session(Keys.TEST, 0).put(0x30, 0, A).sw());
        assertEquals(listed(0x01, 16) + " " + listed(0x30, 16), listed());
    }

    /** [PUK-11, SCP-02] */
    @Test
    void an_incomplete_set_opens_nothing_and_version_00_passes_over_it() {
        Terminal host = keyed();
        assertEquals(0x9000, host.put(0x20, 0, ENC, B.enc(), B.mac()).sw());
        assertFalse(opens(B, 0x20));
        session(A, 0x00);
        assertEquals("1/20/16 2/20/16 " + listed(0x30, 16), listed());
    }

    /** [PUK-11] */
    @Test
    void keys_of_different_lengths_make_no_set() {
        Terminal host = keyed();
        assertEquals(0x9000, host.put(0x31, 0, ENC, B.enc(), B.mac()).sw());
        assertEquals(0x9000, host.put(0x31, 0, DEK, LONG.dek()).sw());
        assertFalse(opens(B, 0x31));
        host = session(A, 0x30);
        assertEquals(0x9000, host.put(0x31, 0x31, DEK, B.dek()).sw());
        assertTrue(opens(B, 0x31));
    }

    /** [PUK-10, PUK-11] */
    @ParameterizedTest
    @CsvSource({"1,1,30", "2,1,30", "3,1,30", "1,2,30", "2,2,30", "1,3,30", "1,1,31", "2,2,31", "1,3,31"})
    void a_part_of_a_set_is_replaced_and_the_rest_stays(int first, int count, String version) {
        int kvn = Integer.parseInt(version, 16);
        byte[][] added = new byte[count][];
        byte[][] then = {A.enc(), A.mac(), A.dek()};
        for (int i = 0; i < count; i++) {
            added[i] = B.key(first + i);
            then[first + i - 1] = added[i];
        }
        Terminal host = keyed();
        assertEquals(0x9000, host.put(kvn, 0x30, first, added).sw());
        Keys now = new Keys(then[0], then[1], then[2]);
        assertEquals(listed(kvn, 16), listed());
        assertTrue(opens(now, kvn));
        assertEquals(first == DEK, opens(A, kvn));
    }

    @Test
    void the_session_goes_on_with_the_keys_that_opened_it() {
        Terminal host = keyed();
        assertEquals(0x9000, host.put(0x31, 0x30, B).sw());
        assertEquals(0x9000, host.put(0x31, 0x31, LONG).sw());
        assertTrue(opens(LONG, 0x31));
    }

    /** [PUK-04, PUK-06, PUK-13] */
    @Test
    void keys_that_are_there_are_not_added_and_versions_of_others_not_taken() {
        Terminal host = keyed();
        assertEquals(0x9000, host.put(0x31, 0, ENC, B.enc()).sw());
        unchanged(host, () -> {
            refused(0x6985, host, host.put(0x30, 0, MAC, B.mac()));
            refused(0x6985, host, host.put(0x30, 0, B));
            refused(0x6985, host, host.put(0x31, 0, ENC, B.enc(), B.mac()));
            refused(0x6985, host, host.put(0x30, 0x31, MAC, B.mac()));
            refused(0x6985, host, host.put(0x31, 0x30, MAC, B.mac()));
            refused(0x6A88, host, host.put(0x32, 0x33, ENC, B.enc()));
        });
    }

    @Test
    void no_change_leaves_the_card_without_a_set_that_opens_sessions() {
        Terminal host = keyed();
        unchanged(host, () -> {
            refused(0x6985, host, host.put(0x30, 0x30, MAC, LONG.mac()));
            refused(0x6985, host, host.put(0x31, 0x30, ENC, LONG.enc()));
        });
        assertTrue(opens(A, 0x30));
    }

    /** [PUK-12] */
    @ParameterizedTest
    @CsvSource({
        "00,1,6A86", "04,1,6A86", "80,2,6A86", "83,2,6A86", "C1,2,6A86", "01,2,6A80", "01,0,6A80",
        "81,1,6A80", "82,1,6A80", "82,3,6A80", "03,2,6A80", "81,4,6A80", "81,0,6A80"
    })
    void the_blocks_are_those_that_p2_announces(String p2, int count, String sw) {
        Terminal host = keyed();
        byte[] data = bytes(0x31);
        for (int i = 0; i < count; i++) {
            data = join(data, host.block(B.enc(), true));
        }
        byte[] sent = data;
        unchanged(host, () -> {
            int word = Integer.parseInt(sw, 16);
            refused(word, host, host.send(0x80, 0xD8, 0, Integer.parseInt(p2, 16), sent));
        });
    }

    /** [PUK-03, PUK-08] */
    @Test
    void key_blocks_that_are_wrong_change_nothing() {
        Terminal host = keyed();
        byte[] good = join(
                bytes(0x31), host.block(B.enc(), true), host.block(B.mac(), true), host.block(B.dek(), true));
        Map<String, byte[]> bad = new LinkedHashMap<>();
        bad.put("empty", new byte[0]);
        bad.put("version only", bytes(0x31));
        bad.put("cut short", Arrays.copyOf(good, good.length - 1));
        bad.put("too long", join(good, bytes(0)));
        bad.put("not AES", with(good, 1, 0x80));
        bad.put("key of 15", with(good, 3, 15));
        bad.put("key of 17", with(good, 3, 17));
        bad.put("other key", with(good, 4, good[4] ^ 1));
        bad.put("no check value", with(good, 20, 0));
        bad.put("check value", with(good, good.length - 1, good[good.length - 1] ^ 1));
        bad.put("length", with(good, 2, 0xFF));
        bad.put("no key", join(bytes(0x31, 0x88, 0, 0)));
        bad.put("length alone", join(bytes(0x31, 0x88, 1, 16, 3), Crypto.checkValue(B.enc())));
        bad.put("mixed lengths", join(Arrays.copyOf(good, 45), host.block(LONG.dek(), true)));
        for (int version : new int[] {0x00, 0x70, 0x7F, 0x80, 0xFE, 0xFF}) {
            bad.put("version " + version, with(good, 0, version));
        }
        unchanged(host, () -> bad.forEach((what, data) ->
                assertEquals(0x6A80, host.word(0x80, 0xD8, 0, 0x81, data), what)));
        assertEquals(0x9000, host.word(0x80, 0xD8, 0, 0x81, good));
    }

    private static byte[] with(byte[] bytes, int at, int value) {
        byte[] changed = bytes.clone();
        changed[at] = (byte) value;
        return changed;
    }

    /** [PUK-08] */
    @ParameterizedTest
    @ValueSource(ints = {0x01, 0x2F, 0x40, 0x6F})
    void versions_01_to_6f_open_sessions(int version) {
        assertEquals(0x9000, blank().put(version, 0, A).sw());
        assertTrue(opens(A, version));
    }

    /** [PUK-05] */
    @Test
    void a_card_has_room_for_four_sets_incomplete_ones_too() {
        Terminal host = keyed();
        for (int version : new int[] {0x31, 0x32, 0x33}) {
            assertEquals(0x9000, host.put(version, 0, MAC, B.mac()).sw());
        }
        unchanged(host, () -> {
            refused(0x6A84, host, host.put(0x34, 0, MAC, B.mac()));
            refused(0x6A84, host, host.put(0x34, 0, B));
        });
        Terminal again = session(A, 0x30);
        assertEquals(0x9000, again.put(0x34, 0x33, ENC, B.enc()).sw());
        assertEquals(0x9000, again.delete("D20134"));
        assertEquals(0x9000, again.put(0x35, 0, MAC, B.mac()).sw());
    }

    /** [PUK-02, DLK-02] */
    @Test
    void keys_are_changed_in_a_session_of_any_level_only() {
        Terminal host = new Terminal(card::transmit);
        assertEquals(0x6982, host.put(0x30, 0, A).sw());
        assertEquals(0x6982, host.delete("D20130"));
        host.open(0xFF, 0x01);
        assertEquals(0x9000, host.put(0x30, 0, A).sw());
    }

    // DELETE KEY

    /** [DLK-01, DLK-05] */
    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x01, 0x80})
    void sets_and_single_keys_are_deleted_in_either_order_of_the_reference(int p2) {
        Terminal host = keyed();
        assertEquals(0x9000, host.put(0x31, 0, B).sw());
        assertEquals("00 9000", host.send(0x80, 0xE4, 0, p2, hex("D00102D20131")).toString());
        assertFalse(opens(B, 0x31));
        assertEquals(listed(0x30, 16) + " 1/31/16 3/31/16", listed());
        host = session(A, 0x30);
        assertEquals(0x6A88, host.delete("D00102D20131"));
        assertEquals(0x9000, host.word(0x80, 0xE4, 0, p2, hex("D20131D00101")));
        assertEquals(0x9000, host.delete("D00103D20131"));
        assertEquals(listed(0x30, 16), listed());
        host = session(A, 0x30);
        assertEquals(0x6A88, host.delete("D20131"));
    }

    /** [DLK-03, DLK-04] */
    @Test
    void the_sessions_set_and_the_last_complete_one_stay() {
        keyed().put(0x31, 0, B);
        for (int version : new int[] {0x30, 0x31}) {
            Terminal host = session(version == 0x30 ? A : B, version);
            unchanged(host, () -> {
                assertEquals(0x6985, host.delete(String.format("D201%02X", version)));
                assertEquals(0x6985, host.delete(String.format("D00103D201%02X", version)));
                assertEquals(0x6A88, host.delete(String.format("D00104D201%02X", version)));
                assertEquals(0x6A88, host.delete("D20132"));
            });
        }
        assertEquals(0x9000, session(A, 0x30).delete("D20131"));
    }

    /** [DLK-03] */
    @Test
    void the_last_complete_set_stays_though_the_session_is_of_a_set_that_is_gone() {
        Terminal host = blank();
        assertEquals(0x9000, host.put(0x30, 0, A).sw());
        assertEquals(0x9000, host.put(0x31, 0, MAC, B.mac()).sw());
        assertEquals(0x6985, host.delete("D20130"));
        assertEquals(0x6985, host.delete("D00102D20130"));
        assertEquals(0x9000, host.delete("D20131"));
    }

    /** [DLK-03] */
    @Test
    void the_sessions_set_stays_under_another_version_and_a_new_one_of_its_old_version_goes() {
        Terminal host = keyed();
        assertEquals(0x9000, host.put(0x32, 0, B).sw());
        assertEquals(0x9000, host.put(0x31, 0x30, B).sw());
        assertEquals(0x6985, host.delete("D20131"));
        assertEquals(0x9000, host.put(0x30, 0, B).sw());
        assertEquals(0x9000, host.delete("D20130"));
        assertEquals(listed(0x31, 16) + " " + listed(0x32, 16), listed());
    }

    /** [DLK-06] */
    @ParameterizedTest
    @ValueSource(strings = {
        "", "D001", "D00101", "D2020130", "D0020101D20130", "D000D20130", "D20130D10101", "D200",
        "D00101D00102D20130", "D20130D20131", "D00101D201", "D201300000", "FF"
    })
    void what_is_no_key_reference_is_refused(String reference) {
        Terminal host = keyed();
        unchanged(host, () -> refused(0x6A80, host, host.send(0x80, 0xE4, 0, 0, hex(reference))));
    }

    // Counters

    private static int sequence(byte[] offer) {
        return offer[offer.length - 1] & 0xFF;
    }

    /** [SCP-11] */
    @Test
    void each_set_counts_for_itself_and_one_with_another_key_enc_begins_again() {
        card.close();
        card = Cards.card(0x70);
        Terminal host = blank();
        host.put(0x30, 0, A);
        host = session(A, 0x30);
        host.put(0x31, 0, B);
        List<Integer> counts = new ArrayList<>();
        for (int version : new int[] {0x30, 0x31, 0x31, 0x30}) {
            host.with(version == 0x30 ? A : B);
            counts.add(sequence(host.initialize(version)));
        }
        assertEquals(List.of(2, 1, 2, 3), counts);
        session(A, 0x30).put(0x32, 0x31, LONG);
        assertEquals(1, sequence(host.with(LONG).initialize(0x32)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x30, 0x31})
    void the_counter_goes_on_while_key_enc_stays_even_where_it_is_sent_again(int version) {
        card.close();
        card = Cards.card(0x70);
        blank().put(0x30, 0, A);
        Terminal host = session(A, 0x30);
        assertEquals(0x9000, host.put(version, 0x30, A).sw());
        host = session(A, version);
        assertEquals(0x9000, host.put(version, version, MAC, B.mac()).sw());
        Keys mixed = new Keys(A.enc(), B.mac(), A.dek());
        assertEquals(3, sequence(new Terminal(card::transmit).with(mixed).initialize(version)));
        host = session(mixed, version);
        assertEquals(0x9000, host.put(version, version, ENC, B.enc()).sw());
        Keys other = new Keys(B.enc(), B.mac(), A.dek());
        assertEquals(1, sequence(new Terminal(card::transmit).with(other).initialize(version)));
    }
}
