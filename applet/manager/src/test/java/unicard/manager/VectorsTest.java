package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.host.Hex.hex;
import static unicard.manager.host.Hex.text;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import unicard.runtime.StatusWordException;

/** Published vectors of AES, its modes and its derivation, and sessions recorded with real cards. */
class VectorsTest {
    private static byte[] bytes(Map<String, Object> vector, String name) {
        return hex((String) vector.get(name));
    }

    static Stream<Map<String, Object>> cmacs() throws IOException {
        return Json.vectors("sp800_38b_cmac.json").stream();
    }

    @ParameterizedTest
    @MethodSource("cmacs")
    void cmac_is_that_of_sp_800_38b(Map<String, Object> vector) {
        byte[] message = bytes(vector, "message");
        Aes aes = new Aes(bytes(vector, "key"));
        assertArrayEquals(bytes(vector, "mac"), aes.cmac(message));
        int half = message.length / 2;
        byte[] head = Arrays.copyOf(message, half);
        assertArrayEquals(bytes(vector, "mac"), aes.cmac(head, Bytes.tail(message, half)));
    }

    static Stream<Map<String, Object>> blocks() throws IOException {
        return Json.vectors("fips197_aes.json").stream();
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void a_block_is_encrypted_as_in_fips_197(Map<String, Object> vector) {
        Aes aes = new Aes(bytes(vector, "key"));
        assertArrayEquals(bytes(vector, "cipher"), aes.block(bytes(vector, "plain")));
    }

    static Stream<Map<String, Object>> chains() throws IOException {
        return Json.vectors("sp800_38a_cbc.json").stream();
    }

    @ParameterizedTest
    @MethodSource("chains")
    void blocks_are_chained_as_in_sp_800_38a(Map<String, Object> vector) {
        Aes aes = new Aes(bytes(vector, "key"));
        byte[] iv = bytes(vector, "iv");
        assertArrayEquals(bytes(vector, "cipher"), aes.cbcEncrypt(iv, bytes(vector, "plain")));
        assertArrayEquals(bytes(vector, "plain"), aes.cbcDecrypt(iv, bytes(vector, "cipher")));
    }

    static Stream<Map<String, Object>> derivations() throws IOException {
        return Json.vectors("sp800_108_counter_cmac.json").stream()
                .filter(vector -> vector.get("counter_bytes").equals(1L));
    }

    @ParameterizedTest
    @MethodSource("derivations")
    void keys_are_derived_as_in_sp_800_108(Map<String, Object> vector) {
        byte[] output = bytes(vector, "output");
        Aes aes = new Aes(bytes(vector, "key"));
        assertArrayEquals(
                output, aes.counterMode(bytes(vector, "before"), bytes(vector, "after"), output.length));
    }

    static Stream<Map<String, Object>> sessions() throws IOException {
        return Json.vectors("scp03_sessions.json").stream();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> inside(Map<String, Object> vector, String name) {
        return (Map<String, Object>) vector.get(name);
    }

    private static Handshake handshake(Map<String, Object> vector) {
        Map<String, Object> keys = inside(vector, "keys");
        StaticKeys set =
                new StaticKeys(0x30, bytes(keys, "enc"), bytes(keys, "mac"), bytes(keys, "dek"));
        byte[] update = bytes(vector, "initialize_update");
        byte[] offer = bytes(vector, "offer");
        return new Handshake(set, Arrays.copyOfRange(update, 5, 13), Arrays.copyOfRange(offer, 13, 21));
    }

    private static Session open(Map<String, Object> vector) {
        byte[] command = bytes(vector, "external_authenticate");
        return handshake(vector).authenticate(Arrays.copyOf(command, 5), Bytes.tail(command, 5));
    }

    @ParameterizedTest
    @MethodSource("sessions")
    void challenge_and_cryptogram_are_those_of_the_recorded_card(Map<String, Object> vector) {
        byte[] offer = bytes(vector, "offer");
        // The name of the recorded card's ISD-R (GSMA SGP.02, annex H).
        byte[] aid = hex("A0000005591010FFFFFFFF8900000100");
        byte[] enc = bytes(inside(vector, "keys"), "enc");
        byte[] challenge = Handshake.challenge(enc, Bytes.tail(offer, 29), aid, 8);
        assertEquals(text(Arrays.copyOfRange(offer, 13, 21)), text(challenge));
        assertArrayEquals(Arrays.copyOfRange(offer, 21, 29), handshake(vector).cardCryptogram());
    }

    @ParameterizedTest
    @MethodSource("sessions")
    @SuppressWarnings("unchecked")
    void recorded_commands_open_and_recorded_answers_come_out(Map<String, Object> vector) {
        Session session = open(vector);
        int answers = 0;
        for (Map<String, Object> exchange : (List<Map<String, Object>>) vector.get("exchanges")) {
            Command wrapped = ApduBytes.parse(bytes(exchange, "wrapped"));
            Command plain = ApduBytes.parse(bytes(exchange, "plain"));
            byte[] header = Bytes.of(wrapped.cla(), wrapped.ins(), wrapped.p1(), wrapped.p2());
            assertArrayEquals(plain.data(), session.unwrap(header, wrapped.data()));
            if (exchange.containsKey("answer")) {
                byte[] opened = bytes(exchange, "opened");
                Answer answer = Answer.of(Arrays.copyOf(opened, opened.length - 2));
                assertEquals(((String) exchange.get("answer")).toUpperCase(), text(session.wrap(answer).bytes()));
                answers++;
            }
        }
        assertTrue(answers > 0);
    }

    @Test
    void a_session_ends_where_its_encryption_counter_does() throws IOException {
        Map<String, Object> vector =
                Json.vectors("scp03_sessions.json").stream()
                        .filter(each -> "AES-128 level 03".equals(each.get("name")))
                        .findFirst()
                        .orElseThrow();
        Session session = open(vector);
        session.endsAfter(2);
        List<?> exchanges = (List<?>) vector.get("exchanges");
        for (int i = 0; i < 3; i++) {
            Map<?, ?> exchange = (Map<?, ?>) exchanges.get(i);
            Command wrapped = ApduBytes.parse(hex((String) exchange.get("wrapped")));
            byte[] header = Bytes.of(wrapped.cla(), wrapped.ins(), wrapped.p1(), wrapped.p2());
            if (i < 2) {
                session.unwrap(header, wrapped.data());
            } else {
                StatusWordException end =
                        assertThrows(StatusWordException.class, () -> session.unwrap(header, wrapped.data()));
                assertEquals(0x6982, end.statusWord());
            }
        }
    }
}
