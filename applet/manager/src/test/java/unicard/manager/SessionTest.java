package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.host.Hex.bytes;
import static unicard.manager.host.Hex.hex;
import static unicard.manager.host.Hex.join;
import static unicard.manager.host.Hex.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.card.JavaCard;
import unicard.manager.host.Cards;
import unicard.manager.host.Crypto;
import unicard.manager.host.Keys;
import unicard.manager.host.Reply;
import unicard.manager.host.Terminal;

/** How a session opens, how it goes on, and what ends it. Names in brackets are requirements. */
class SessionTest {
    private static final byte[] SERIAL = hex("CF0A 55436001000100000001");
    private static final byte[] ISD = hex("A000000151000000");
    private static final byte[] EVERYTHING = hex("4F00");
    private static final int[] LEVELS = {0x01, 0x03, 0x11, 0x13, 0x33};
    private static final List<Integer> DIALECTS =
            List.of(0x00, 0x01, 0x10, 0x11, 0x20, 0x21, 0x30, 0x31, 0x60, 0x61, 0x70, 0x71);

    private JavaCard card;
    private Terminal host;

    @BeforeEach
    void insert() {
        insert(0x60, 16);
    }

    private void insert(int i, int keyLength) {
        remove();
        byte[] key = Cards.key(keyLength);
        card = Cards.card(i, key);
        host = new Terminal(card::transmit, Keys.alike(key), (i & 1) != 0 ? 16 : 8);
    }

    @AfterEach
    void remove() {
        if (card != null) {
            card.close();
        }
    }

    private Reply serial() {
        return host.send(0x80, 0xCA, 0x00, 0xCF);
    }

    private boolean isClosed() {
        return host.raw("80F28002024F0000").sw() == 0x6982;
    }

    static Stream<Arguments> dialectsAndLengths() {
        List<Arguments> all = new ArrayList<>();
        for (int i : DIALECTS) {
            for (int length : new int[] {16, 24, 32}) {
                all.add(Arguments.of(i, length));
            }
        }
        return all.stream();
    }

    private static boolean offers(int i, int level) {
        int needs = level == 0x33 ? 0x60 : (level & 0x10) != 0 ? 0x20 : 0;
        return (i & needs) == needs;
    }

    /** [SCP-01, SCP-03, SCP-07, SM-04, SM-05, SM-06] */
    @ParameterizedTest
    @MethodSource("dialectsAndLengths")
    void a_card_works_at_each_level_that_its_i_announces_and_at_no_other(int i, int keyLength) {
        insert(i, keyLength);
        for (int level : LEVELS) {
            if (!offers(i, level)) {
                host.initialize(0);
                assertEquals(0x6A86, host.raw(host.externalAuthenticate(level)).sw());
                assertEquals(0x6985, host.raw(host.externalAuthenticate(0x01)).sw());
                continue;
            }
            host.open(0xFF, level);
            for (boolean pads : new boolean[] {false, true}) {
                host.padsEmpty(pads);
                assertArrayEquals(SERIAL, serial().data());
                assertEquals(0x9000, host.word(0x80, 0xF2, 0x80, 0x02, EVERYTHING));
            }
        }
    }

    /** [SCP-01] */
    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x11, 0x60, 0x61, 0x70, 0x71})
    void initialize_update_answers_what_i_says(int i) {
        insert(i, 16);
        byte[] first = host.initialize(0);
        byte[] second = host.initialize(0);
        int size = host.size();
        assertEquals(13 + 2 * size + ((i & 0x10) != 0 ? 3 : 0), first.length);
        assertArrayEquals(join(Arrays.copyOfRange(SERIAL, 2, 12), bytes(0xFF, 3, i)), Arrays.copyOf(first, 13));
        byte[] challenge = Arrays.copyOfRange(first, 13, 13 + size);
        assertFalse(Arrays.equals(challenge, Arrays.copyOfRange(second, 13, 13 + size)));
    }

    /** [SCP-13] */
    @Test
    void initialize_update_is_taken_without_le_too() {
        byte[] command = join(bytes(0x80, 0x50, 0, 0, 8), new byte[8]);
        assertEquals(29, host.raw(command).data().length);
        assertEquals(29, host.raw(join(command, bytes(0))).data().length);
    }

    /** [SCP-09] */
    @ParameterizedTest
    @CsvSource({"60,0", "60,7", "60,9", "60,16", "61,8", "61,15", "61,17", "71,24"})
    void a_challenge_of_another_length_is_refused(String i, int length) {
        insert(Integer.parseInt(i, 16), 16);
        byte[] challenge = new byte[length];
        byte[] lengths = length == 0 ? new byte[0] : bytes(length);
        assertEquals(0x6700, host.raw(join(bytes(0x80, 0x50, 0xFF, 0), lengths, challenge)).sw());
        assertEquals(0x6985, host.raw("8482010010" + "00".repeat(16)).sw());
    }

    @ParameterizedTest
    @CsvSource({"60,8", "60,15", "60,17", "60,32", "61,16", "61,31", "61,33"})
    void external_authenticate_of_another_length_is_refused_and_ends_the_handshake(String i, int length) {
        insert(Integer.parseInt(i, 16), 16);
        host.initialize(0);
        byte[] right = host.externalAuthenticate(0x01);
        byte[] body = Arrays.copyOf(Arrays.copyOfRange(right, 5, right.length), length);
        assertEquals(0x6700, host.raw(join(bytes(0x84, 0x82, 1, 0, length), body)).sw());
        assertEquals(0x6985, host.raw(right).sw());
    }

    /** [SCP-02] */
    @Test
    void a_key_version_that_is_not_there_is_not_found() {
        assertEquals(0x6A88, host.raw("8050300008" + "00".repeat(8)).sw());
    }

    /** [SCP-07] */
    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x02, 0x10, 0x23, 0x30, 0x31, 0x73, 0x43, 0xFF})
    void what_is_no_level_is_refused(int level) {
        host.initialize(0);
        assertEquals(0x6A86, host.raw(host.externalAuthenticate(level)).sw());
        assertEquals(0x6985, host.raw(host.externalAuthenticate(0x33)).sw());
    }

    /** [SCP-04, SCP-05] */
    @Test
    void no_bit_of_external_authenticate_can_be_changed() {
        for (int bit = 0; bit < 8 * 16; bit += 5) {
            host.initialize(0);
            byte[] command = host.externalAuthenticate(0x33);
            command[5 + bit / 8] ^= (byte) (1 << bit % 8);
            assertEquals(bit < 64 ? 0x6300 : 0x6982, host.raw(command).sw());
            assertEquals(0x6985, host.raw(host.externalAuthenticate(0x33)).sw());
            assertEquals(0x6982, host.raw("80F28002024F0000").sw());
        }
        host.initialize(0);
        byte[] lower = host.externalAuthenticate(0x33);
        lower[2] = 0x01;
        assertEquals(0x6982, host.raw(lower).sw());
    }

    /** [SCP-06] */
    @ParameterizedTest
    @ValueSource(strings = {"80CA00CF00", "00A40400023F00", "81CA00CF00", "00", "80FF0000", "00A4040005F000000000"})
    void any_command_between_the_two_halves_drops_the_handshake(String between) {
        assertEquals(0x6985, host.raw("8482330010" + "00".repeat(16)).sw());
        host.initialize(0);
        host.raw(between);
        assertEquals(0x6985, host.raw(host.externalAuthenticate(0x33)).sw());
    }

    /** [SCP-08] */
    @ParameterizedTest
    @ValueSource(strings = {"8050440008000102030405060700", "80500000080001020304050607", "80500000070001020304050600"})
    void initialize_update_ends_the_session_even_where_it_is_refused(String update) {
        host.open(0, 0x33);
        byte[] wrapped = host.wrap(0x80, 0xCA, 0x00, 0xCF, new byte[0]);
        host.raw(update);
        assertEquals("6982", host.raw(wrapped).toString());
        assertEquals(0x9000, host.raw("80CA00CF00").sw());
    }

    /** [SM-01] */
    @ParameterizedTest
    @ValueSource(strings = {"84CA00CF080011223344556677", "04A4040000", "8450FF00080011223344556677", "0482330000"})
    void secure_messaging_without_a_session_is_refused(String command) {
        assertEquals("6982", host.raw(command).toString());
    }

    /** [SM-02] */
    @ParameterizedTest
    @ValueSource(strings = {"80CA00CF00", "0050FF00080000000000000000", "80FF0000", "8082330000", "80F28002024F0000"})
    void a_command_in_clear_ends_the_session(String command) {
        host.open(0, 0x33);
        byte[] wrapped = host.wrap(0x80, 0xCA, 0x00, 0xCF, new byte[0]);
        assertEquals("6982", host.raw(command).toString());
        assertEquals(0x6982, host.raw(wrapped).sw());
        assertEquals(0x9000, host.raw("80CA00CF00").sw());
    }

    /** [SM-03] */
    @Test
    void repeated_and_reordered_commands_end_the_session() {
        host.open(0, 0x33);
        byte[] first = host.wrap(0x80, 0xCA, 0x00, 0xCF, new byte[0]);
        assertEquals(0x9000, host.raw(first).sw());
        assertEquals(0x6982, host.raw(first).sw());
        host.open(0, 0x33);
        first = host.wrap(0x80, 0xCA, 0x00, 0xCF, new byte[0]);
        assertEquals(0x6982, host.raw(host.wrap(0x80, 0xCA, 0x00, 0xE0, new byte[0])).sw());
        assertEquals(0x6982, host.raw(first).sw());
        host.open(0, 0x33);
        byte[] old = host.wrap(0x80, 0xCA, 0x00, 0xCF, new byte[0]);
        host.open(0, 0x33);
        assertEquals(0x6982, host.raw(old).sw());
    }

    /** [SM-03, SM-11] */
    @ParameterizedTest
    @ValueSource(strings = {"00:01", "00:03", "60:33", "61:01", "71:33"})
    void no_bit_of_a_command_that_would_change_the_card_can_be_changed(String form) {
        int i = Integer.parseInt(form.substring(0, 2), 16);
        int level = Integer.parseInt(form.substring(3), 16);
        insert(i, 16);
        int length = 0;
        for (int bit = 0; bit == 0 || bit < 8 * length; bit += 7) {
            host.open(0, level);
            byte[] right = host.wrap(0x80, 0xF0, 0x80, 0x07, ISD);
            length = right.length - 1;
            int at = bit / 8;
            byte[] changed = right.clone();
            changed[at] ^= (byte) (1 << bit % 8);
            if (at == 0 || at == 4 || changed[1] == 0x50 || changed[1] == (byte) 0x82) {
                continue; // these have status words of their own
            }
            long writes = card.measures().totalWrites();
            assertEquals("6982", host.raw(changed).toString(), "bit " + bit);
            assertEquals("6982", host.raw(right).toString());
            assertEquals(writes, card.measures().totalWrites());
        }
        host.open(0, level);
        assertEquals(0x9000, host.word(0x80, 0xF0, 0x80, 0x07, ISD));
    }

    /** [SM-11] */
    @ParameterizedTest
    @ValueSource(ints = {0x01, 0x03, 0x33})
    void a_command_of_another_length_ends_the_session(int level) {
        for (int cut = 0; cut < 40; cut += 3) {
            host.open(0, level);
            byte[] right = host.wrap(0x80, 0xF0, 0x80, 0x07, ISD);
            byte[] body = Arrays.copyOfRange(right, 5, right.length - 1);
            if (cut == body.length) {
                continue;
            }
            byte[] other = Arrays.copyOf(body, cut);
            byte[] lengths = cut == 0 ? new byte[0] : bytes(cut);
            byte[] command = join(Arrays.copyOf(right, 4), lengths, other, bytes(0));
            assertEquals("6982", host.raw(command).toString());
            assertEquals("6982", host.raw(right).toString());
        }
    }

    @Test
    void wrong_padding_under_a_right_mac_ends_the_session() {
        for (String plain : List.of("00".repeat(16), "00".repeat(15) + "01", "11".repeat(16))) {
            host.open(0, 0x03);
            byte[] encrypted = host.encrypted(hex(plain));
            assertEquals("6982", host.raw(host.signed(0x80, 0xF2, 0x80, 0x02, encrypted)).toString());
            assertTrue(isClosed());
        }
        host.open(0, 0x03);
        byte[] encrypted = host.encrypted(Crypto.pad(EVERYTHING));
        assertEquals(0x9000, host.raw(host.signed(0x80, 0xF2, 0x80, 0x02, encrypted)).sw());
    }

    /** [SM-07, GEN-11] */
    @Test
    void a_refused_command_leaves_the_session_and_its_counters() {
        for (int level : LEVELS) {
            host.open(0, level);
            assertEquals(0x6D00, host.word(0x80, 0xFF, 0, 0));
            assertEquals(0x6A86, host.word(0x80, 0xF2, 0x7F, 0x02, EVERYTHING));
            assertEquals(0x6A88, host.word(0x80, 0xCA, 0x00, 0x42));
            assertEquals(0x6700, host.word(0x80, 0xCA, 0x00, 0xCF, (byte) 1));
            assertEquals(0x6E00, host.word(0x00, 0xF2, 0x80, 0x02, EVERYTHING));
            assertEquals("6881", host.raw("81CA00CF00").toString());
            assertEquals("6884", host.raw("90CA00CF00").toString());
            assertEquals("6700", host.raw("84CA00CF000000").toString());
            assertEquals("6700", host.raw("84CA00").toString());
            assertArrayEquals(SERIAL, serial().data());
        }
    }

    /** [SM-09, SEL-02, SEL-04] */
    @Test
    void select_ends_the_session_but_neither_under_secure_messaging_nor_in_vain() {
        host.open(0, 0x33);
        assertEquals(0x6882, host.word(0x00, 0xA4, 0x04, 0x00, ISD));
        assertEquals(0x6985, host.word(0x80, 0x82, 0x33, 0x00, new byte[16]));
        assertEquals("6A82", host.raw("00A4040005F000000000").toString());
        assertEquals("6A86", host.raw("00A40000023F00").toString());
        assertArrayEquals(SERIAL, serial().data());
        byte[] wrapped = host.wrap(0x80, 0xCA, 0x00, 0xCF, new byte[0]);
        assertEquals(0x9000, host.raw("00A4040000").sw());
        assertEquals("6982", host.raw(wrapped).toString());
    }

    @Test
    void initialize_update_under_secure_messaging_ends_the_session() {
        host.open(0, 0x33);
        assertEquals("6982", host.raw(host.wrap(0x80, 0x50, 0, 0, new byte[8])).toString());
        assertTrue(isClosed());
        assertEquals(0x6985, host.raw(host.externalAuthenticate(0x33)).sw());
    }

    @Test
    void reset_ends_session_and_handshake() {
        host.open(0, 0x33);
        byte[] wrapped = host.wrap(0x80, 0xCA, 0x00, 0xCF, new byte[0]);
        card.reset();
        assertEquals(0x6982, host.raw(wrapped).sw());
        host.initialize(0);
        card.reset();
        assertEquals(0x6985, host.raw(host.externalAuthenticate(0x33)).sw());
    }

    /** [SM-08] */
    @ParameterizedTest
    @ValueSource(ints = {0x01, 0x11, 0x33})
    void a_command_is_answered_the_same_without_le(int level) {
        host.open(0, level);
        byte[] with = host.wrap(0x80, 0xCA, 0x00, 0xCF, new byte[0]);
        assertArrayEquals(SERIAL, host.unwrap(host.raw(with)).data());
        byte[] without = host.wrap(0x80, 0xCA, 0x00, 0xCF, new byte[0]);
        Reply reply = host.raw(Arrays.copyOf(without, without.length - 1));
        assertArrayEquals(SERIAL, host.unwrap(reply).data());
    }

    // The sequence counter

    private static int sequence(byte[] offer) {
        int end = offer.length;
        return (offer[end - 3] & 0xFF) << 16 | (offer[end - 2] & 0xFF) << 8 | offer[end - 1] & 0xFF;
    }

    /** [SCP-10, SCP-11] */
    @ParameterizedTest
    @MethodSource("dialectsAndLengths")
    void a_pseudo_random_challenge_follows_from_key_counter_and_name(int i, int keyLength) {
        if ((i & 0x10) == 0) {
            return;
        }
        insert(i, keyLength);
        for (int count = 1; count <= 3; count++) {
            byte[] offer = host.initialize(0xFF);
            assertEquals(count, sequence(offer));
            byte[] context = join(Arrays.copyOfRange(offer, offer.length - 3, offer.length), ISD);
            byte[] expected = Crypto.derive(host.keys().enc(), 0x02, host.size(), context);
            assertArrayEquals(expected, Arrays.copyOfRange(offer, 13, 13 + host.size()));
        }
    }

    /** [SCP-11, ISD-07] */
    @Test
    void only_an_initialize_update_that_succeeds_counts_and_a_reset_changes_nothing() {
        insert(0x70, 16);
        assertEquals("C103000000 9000", host.raw("80CA00C100").toString());
        host.initialize(0);
        host.raw("8050300008" + "00".repeat(8));
        host.raw("8050FF0007" + "00".repeat(7));
        host.raw("8050FF0108" + "00".repeat(8));
        host.initialize(0);
        host.raw(host.externalAuthenticate(0x00));
        card.reset();
        assertEquals("C103000002 9000", host.raw("80CA00C100").toString());
        assertEquals(3, sequence(host.initialize(0)));
    }

    /** [ISD-07] */
    @Test
    void a_card_with_random_challenges_has_no_counter() {
        assertEquals(0x6A88, host.raw("80CA00C100").sw());
        long writes = card.measures().totalWrites();
        host.initialize(0);
        assertEquals(writes, card.measures().totalWrites());
    }

    @Test
    void challenges_of_two_cards_differ() {
        byte[] first = Arrays.copyOfRange(host.initialize(0), 13, 21);
        insert(0x60, 16);
        assertNotEquals(text(first), text(Arrays.copyOfRange(host.initialize(0), 13, 21)));
    }
}
