package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.host.Hex.bytes;
import static unicard.manager.host.Hex.hex;
import static unicard.manager.host.Hex.join;
import static unicard.manager.host.Hex.text;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.card.AppletModule;
import unicard.card.CardOptions;
import unicard.card.Instance;
import unicard.card.JavaCard;
import unicard.card.LoadFile;
import unicard.manager.host.Cards;
import unicard.manager.host.Crypto;
import unicard.manager.host.Reply;
import unicard.manager.host.Terminal;

/** org.globalplatform.SecureChannel as an applet meets it, by the text of its API. */
class AppletChannelTest {
    private static final byte[] FILE = hex("F000000001");
    private static final byte[] APPLET = hex("F00000000101");
    private static final int LEVEL = 0x10;
    private static final int UNWRAP = 0x11;
    private static final int ECHO = 0x12;
    private static final int CRYPT = 0x13;
    private static final int RESET = 0x14;
    private static final int WRAP_ALONE = 0x15;
    private static final int UNWRAP_TWICE = 0x16;
    private static final int WRAP_TWICE = 0x17;
    private static final int BEYOND = 0x18;

    private JavaCard card;
    private Terminal host;

    @BeforeEach
    void insert() {
        insert(0x60, 8);
    }

    private void insert(int i, int size) {
        AppletModule module = new AppletModule(APPLET, "probes.channel.Channel");
        CardOptions plain = Cards.options(
                Map.of("i", String.format("%02X", i)), new LoadFile(FILE, 0x0100, List.of(module), true));
        card = JavaCard.insert(Cards.with(plain, new Instance(FILE, APPLET, APPLET, new byte[0])));
        host = new Terminal(card::transmit, unicard.manager.host.Keys.TEST, size);
        assertEquals(0x9000, host.select(APPLET).sw());
    }

    @AfterEach
    void remove() {
        card.close();
    }

    private int level() {
        return host.raw(bytes(0x80, LEVEL, 0, 0, 0)).data()[0] & 0xFF;
    }

    /** What unwrap made of a command: levels before and after, status word, length, bytes. */
    private record Unwrapped(int before, int after, int sw, byte[] command) {}

    private Unwrapped unwrap(byte[] command) {
        Reply reply = host.raw(command);
        assertEquals(0x9000, reply.sw());
        byte[] all = reply.data();
        int length = (all[4] & 0xFF) << 8 | all[5] & 0xFF;
        byte[] bytes = Arrays.copyOfRange(all, 6, 6 + length);
        return new Unwrapped(all[0] & 0xFF, all[1] & 0xFF, (all[2] & 0xFF) << 8 | all[3] & 0xFF, bytes);
    }

    @Test
    void a_session_opens_with_the_key_sets_of_the_issuer_domain() {
        assertEquals(0, level());
        host.open(0xFF, 0x33);
        assertEquals(0xB3, level());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x01, 0x03, 0x11, 0x13, 0x33})
    void the_level_tells_what_protects_the_session(int securityLevel) {
        host.open(0xFF, securityLevel);
        assertEquals(0x80 | securityLevel, level());
    }

    @Test
    void unwrap_without_a_session_checks_nothing_and_answers_the_length() {
        byte[] command = hex("84110000 08 0102030405060708 00");
        Unwrapped found = unwrap(command);
        assertEquals(0, found.sw());
        assertArrayEquals(Arrays.copyOf(command, command.length - 1), found.command());
        assertEquals(0, found.after());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x01, 0x03, 0x33})
    void unwrap_clears_the_secure_messaging_bit_and_leaves_the_plain_command(int securityLevel) {
        host.open(0xFF, securityLevel);
        for (byte[] data : List.of(bytes(1, 2, 3), new byte[0], new byte[100])) {
            Unwrapped found = unwrap(host.wrap(0x80, UNWRAP, 5, 6, data));
            assertEquals(0, found.sw());
            assertEquals(text(join(bytes(0x80, UNWRAP, 5, 6, data.length), data)), text(found.command()));
            assertEquals(found.before(), found.after());
        }
    }

    @Test
    void a_failed_unwrap_takes_the_level_and_every_later_one_fails_until_a_reset_of_security() {
        host.open(0xFF, 0x33);
        byte[] command = host.wrap(0x80, UNWRAP, 0, 0, bytes(1));
        byte[] next = host.wrap(0x80, UNWRAP, 0, 0, bytes(1));
        command[command.length - 2] ^= 1;
        Unwrapped found = unwrap(command);
        assertEquals(0xB3, found.before());
        assertEquals(0x6982, found.sw());
        assertEquals(0, found.after());
        assertEquals(0x6985, unwrap(next).sw());
        assertEquals(0x6985, unwrap(bytes(0x80, UNWRAP, 0, 0, 0)).sw());
        assertEquals(0x6985, host.raw(bytes(0x80, WRAP_ALONE, 0, 0, 0)).sw());
        assertEquals(0x9000, host.raw(bytes(0x80, RESET, 0, 0)).sw());
        assertEquals(0, unwrap(bytes(0x80, UNWRAP, 0, 0, 0)).sw());
    }

    @Test
    void a_failed_unwrap_is_forgotten_by_another_handshake_and_by_selection() {
        for (int attempt = 0; attempt < 2; attempt++) {
            host.open(0xFF, 0x01);
            assertEquals(0x6982, unwrap(bytes(0x84, UNWRAP, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0)).sw());
        }
        host.select(APPLET);
        assertEquals(0, unwrap(bytes(0x80, UNWRAP, 0, 0, 0)).sw());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x01, 0x03, 0x33})
    void a_command_in_clear_inside_a_session_comes_through_unwrap_as_it_is(int securityLevel) {
        host.open(0xFF, securityLevel);
        byte[] command = bytes(0x80, UNWRAP, 0, 0, 2, 1, 2);
        Unwrapped found = unwrap(command);
        assertEquals(0, found.sw());
        assertArrayEquals(command, found.command());
        assertEquals(0x80 | securityLevel, found.after());
        assertEquals(0, unwrap(host.wrap(0x80, UNWRAP, 0, 0, bytes(1))).sw());
    }

    @Test
    void a_command_that_was_unwrapped_already_is_one_in_clear() {
        host.open(0xFF, 0x01);
        assertEquals(0x9000, host.raw(host.wrap(0x80, UNWRAP_TWICE, 0, 0, bytes(1))).sw());
        assertEquals(0x81, level());
    }

    @Test
    void a_protected_command_beyond_its_array_breaks_nothing_off() {
        host.open(0xFF, 0x01);
        assertEquals(0x6F00, host.raw(host.wrap(0x80, BEYOND, 0, 0, bytes(1))).sw());
        assertTrue(card.lastThrown() instanceof ArrayIndexOutOfBoundsException);
        assertEquals(0x81, level());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x01, 0x03, 0x11, 0x13, 0x33})
    void wrap_protects_data_and_status_word_as_the_level_says(int securityLevel) {
        host.open(0xFF, securityLevel);
        for (byte[] data : List.of(bytes(1, 2, 3), new byte[0], new byte[200])) {
            Reply reply = host.send(0x80, ECHO, 0, 0, data);
            assertEquals(0x9000, reply.sw());
            assertArrayEquals(data, reply.data());
        }
    }

    @Test
    void wrap_takes_s16_and_every_status_word_that_carries_a_mac() {
        card.close();
        insert(0x71, 16);
        host.open(0xFF, 0x33);
        for (int sw : new int[] {0x9000, 0x6283, 0x63C2}) {
            Reply reply = host.send(0x80, ECHO, sw >> 8, sw & 0xFF, bytes(9));
            assertEquals(sw, reply.sw());
            assertArrayEquals(bytes(9), reply.data());
        }
        assertEquals("6A88", host.send(0x80, ECHO, 0x6A, 0x88, bytes(9)).toString());
        assertEquals(0x9000, host.send(0x80, ECHO, 0, 0).sw());
    }

    @Test
    void wrap_without_a_session_only_takes_the_status_word_off() {
        assertEquals("77 9000", host.raw(bytes(0x80, WRAP_ALONE, 0, 0, 0)).toString());
    }

    @Test
    void wrap_below_r_mac_only_takes_the_status_word_off() {
        host.open(0xFF, 0x03);
        assertEquals("77 9000", host.raw(bytes(0x80, WRAP_ALONE, 0, 0, 0)).toString());
        assertEquals(0x83, level());
    }

    @Test
    void wrap_of_a_command_that_was_not_unwrapped_fails_where_answers_carry_a_mac() {
        host.open(0xFF, 0x11);
        assertEquals(0x6985, host.raw(bytes(0x80, WRAP_ALONE, 0, 0, 0)).sw());
        assertEquals(0x6985, host.raw(bytes(0x80, ECHO, 0, 0, 0)).sw());
        assertEquals(0x91, level());
    }

    @Test
    void wrap_of_a_command_fails_where_only_an_earlier_one_was_unwrapped() {
        host.open(0xFF, 0x11);
        assertEquals(0, unwrap(host.wrap(0x80, UNWRAP, 0, 0, bytes(1))).sw());
        assertEquals(0x6985, host.raw(bytes(0x80, WRAP_ALONE, 0, 0, 0)).sw());
    }

    @Test
    void one_command_has_one_protected_answer() {
        host.open(0xFF, 0x33);
        assertEquals(0x6985, host.raw(host.wrap(0x80, WRAP_TWICE, 0, 0, bytes(1))).sw());
    }

    @Test
    void decrypt_data_looks_at_neither_padding_nor_checksum() {
        host.open(0xFF, 0x01);
        byte[] dek = host.keys().dek();
        byte[] data = new byte[48];
        Arrays.fill(data, (byte) 0x5A);
        byte[] plain = Crypto.cbc(Cipher.DECRYPT_MODE, dek, new byte[16], data);
        assertArrayEquals(plain, crypt(0, data).data());
        assertArrayEquals(Crypto.encrypt(dek, data), crypt(1, data).data());
        assertArrayEquals(data, crypt(0, Crypto.encrypt(dek, data)).data());
    }

    private Reply crypt(int p1, byte[] data) {
        return host.raw(join(bytes(0x80, CRYPT, p1, 0, data.length), data, bytes(0)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 15, 17, 31})
    void decrypt_data_takes_whole_blocks_only(int length) {
        host.open(0xFF, 0x01);
        assertEquals(0x6700, crypt(0, new byte[length]).sw());
        assertEquals(0x6700, crypt(1, new byte[length]).sw());
        assertEquals(0x81, level());
    }

    @Test
    void decrypt_data_fails_without_a_session_and_after_a_failed_unwrap() {
        assertEquals(0x6985, crypt(0, new byte[16]).sw());
        host.open(0xFF, 0x01);
        assertEquals(0x6982, unwrap(bytes(0x84, UNWRAP, 0, 0, 0)).sw());
        assertEquals(0x6985, crypt(0, new byte[16]).sw());
        assertEquals(0x6985, crypt(1, new byte[16]).sw());
    }

    @Test
    void deselection_ends_the_session() {
        host.open(0xFF, 0x33);
        host.raw(join(bytes(0, 0xA4, 4, 0, APPLET.length), APPLET));
        assertEquals(0, level());
        host.open(0xFF, 0x33);
        host.selectDomain();
        host.select(APPLET);
        assertEquals(0, level());
    }

    @Test
    void a_select_that_finds_nothing_leaves_the_session_of_the_applet() {
        // SEL-02
        host.open(0xFF, 0x33);
        assertEquals(0x6A82, host.raw("00A4040005F0000000FF").sw());
        assertEquals(0, unwrap(host.wrap(0x80, UNWRAP, 0, 0, bytes(1))).sw());
        assertEquals(0xB3, level());
    }

    @Test
    void reset_ends_the_session() {
        host.open(0xFF, 0x33);
        card.reset();
        host.select(APPLET);
        assertEquals(0, level());
    }

    @Test
    void reset_security_ends_the_session_and_never_fails() {
        assertEquals(0x9000, host.raw(bytes(0x80, RESET, 0, 0)).sw());
        host.open(0xFF, 0x33);
        assertEquals(0x9000, host.raw(bytes(0x80, RESET, 0, 0)).sw());
        assertEquals(0, level());
    }

    @Test
    void process_security_refuses_what_is_no_handshake() {
        assertEquals(0x6D00, host.raw("80200000").sw());
        assertEquals(0x6E00, host.raw("00200000").sw());
        assertEquals(0x6E00, host.raw("0050FF0008" + "00".repeat(8)).sw());
        assertEquals(0x6E00, host.raw("8082330010" + "00".repeat(16)).sw());
        assertEquals(0x6982, host.raw("8450FF0008" + "00".repeat(8)).sw());
        assertEquals(0x6985, host.raw("8482330010" + "00".repeat(16)).sw());
        assertEquals(0x6700, host.raw("8050FF0007" + "00".repeat(7)).sw());
        assertEquals(0x6A86, host.raw("8050FF0108" + "00".repeat(8)).sw());
        assertEquals(0x6A88, host.raw("8050300008" + "00".repeat(8)).sw());
    }

    @Test
    void initialize_update_ends_the_session_even_where_it_is_refused() {
        host.open(0xFF, 0x33);
        assertEquals(0x6A88, host.raw("8050300008" + "00".repeat(8)).sw());
        assertEquals(0, level());
    }

    @Test
    void a_wrong_cryptogram_or_mac_opens_nothing_and_ends_the_handshake() {
        for (int at : new int[] {5, 13}) {
            host.initialize(0xFF);
            byte[] command = host.externalAuthenticate(0x33);
            byte[] wrong = command.clone();
            wrong[at] ^= 1;
            assertEquals(at == 5 ? 0x6300 : 0x6982, host.raw(wrong).sw());
            assertEquals(0x6985, host.raw(command).sw());
            assertEquals(0, level());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"8010000000", "0070000000", "80100000020102030405", "00A4040005F0000000FF"})
    void any_command_ends_the_handshake_whoever_answers_it(String between) {
        host.initialize(0xFF);
        byte[] command = host.externalAuthenticate(0x33);
        host.raw(between);
        assertEquals(0x6985, host.raw(command).sw());
    }

    @Test
    void the_pseudo_random_challenge_is_of_the_applets_name() {
        card.close();
        insert(0x70, 8);
        byte[] offer = host.initialize(0xFF);
        byte[] context = join(Arrays.copyOfRange(offer, 29, 32), APPLET);
        assertArrayEquals(
                Crypto.derive(host.keys().enc(), 0x02, 8, context), Arrays.copyOfRange(offer, 13, 21));
    }

    @Test
    void an_applet_that_aborts_its_transaction_does_not_turn_the_sequence_counter_back() {
        card.close();
        insert(0x70, 8);
        byte[] command = join(bytes(0x80, 0x50, 0xFF, 0x80, 8), new byte[8]);
        byte[] first = host.raw(command).data();
        byte[] second = host.raw(command).data();
        assertEquals("000001", text(Arrays.copyOfRange(first, 29, 32)));
        assertEquals("000002", text(Arrays.copyOfRange(second, 29, 32)));
    }
}
