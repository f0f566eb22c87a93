package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.host.Hex.bytes;
import static unicard.manager.host.Hex.join;
import static unicard.manager.host.Hex.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import unicard.card.CardCore;
import unicard.card.JavaCard;
import unicard.card.PowerCutException;
import unicard.card.TearCounts;
import unicard.card.Tears;
import unicard.manager.host.Cards;
import unicard.manager.host.Keys;
import unicard.manager.host.Terminal;

/** Power that fails while keys change or challenges are counted. */
class KeyPowerTest {
    private static final int ENC = 1;
    private static final int MAC = 2;
    private static final Keys A = Keys.invented(0x11, 16);
    private static final Keys B = Keys.invented(0x21, 16);
    private static final Keys LONG = Keys.invented(0x31, 32);
    /** Every set that a session may open with at the end of a test: version, then keys. */
    private static final Map<String, Keys> KNOWN = Map.of(
            "A", A, "B", B, "LONG", LONG, "TEST", Keys.TEST,
            "BMAC", new Keys(B.enc(), A.mac(), B.dek()),
            "ABB", new Keys(A.enc(), A.mac(), B.dek()));

    private static Terminal session(CardCore card, Keys keys, int version) {
        Terminal host = new Terminal(card::transmit).with(keys);
        host.selectDomain();
        return host.open(version, 0x33);
    }

    /** What the card has now: its list of keys, and which known keys open each version. */
    private static String look(CardCore card) {
        Terminal host = new Terminal(card::transmit);
        host.selectDomain();
        byte[] list = host.raw("80CA00E000").data();
        StringBuilder seen = new StringBuilder(text(list));
        Set<Integer> versions = new HashSet<>();
        for (int at = 2; at < list.length; at += 6) {
            versions.add(list[at + 3] & 0xFF);
        }
        boolean opens = false;
        for (int version : versions.stream().sorted().toList()) {
            for (String name : KNOWN.keySet().stream().sorted().toList()) {
                if (opens(card, KNOWN.get(name), version)) {
                    seen.append(String.format(" %02X=%s", version, name));
                    opens = true;
                }
            }
        }
        assertTrue(opens, "the issuer is shut out: " + seen);
        return seen.toString();
    }

    private static boolean opens(CardCore card, Keys keys, int version) {
        Terminal host = new Terminal(card::transmit).with(keys);
        host.selectDomain();
        if (host.raw(join(bytes(0x80, 0x50, version, 0, 8), new byte[8])).sw() != 0x9000) {
            return false;
        }
        try {
            host.open(version, 0x33);
            // A further key tells whether Key-DEK is right.
            return host.put(0x3F, 0, MAC, B.mac()).sw() == 0x9000 && host.delete("D2013F") == 0x9000;
        } catch (AssertionError otherKeys) {
            return false;
        }
    }

    static Stream<Arguments> changes() {
        List<Arguments> all = new ArrayList<>();
        change(all, "add a set", host -> host.put(0x32, 0, LONG));
        change(all, "add one key", host -> host.put(0x32, 0, MAC, B.mac()));
        change(all, "replace a set and its version", host -> host.put(0x33, 0x31, LONG));
        change(all, "replace the session's set", host -> host.put(0x30, 0x30, LONG));
        change(all, "replace one key", host -> host.put(0x31, 0x31, MAC, A.mac()));
        change(all, "replace two keys", host -> host.put(0x31, 0x31, ENC, A.enc(), A.mac()));
        change(all, "delete a set", host -> host.delete("D20131"));
        change(all, "delete one key", host -> host.delete("D00101D20131"));
        return all.stream();
    }

    private static void change(List<Arguments> all, String name, Consumer<Terminal> change) {
        all.add(Arguments.of(name, change));
    }

    /** A card with pseudo-random challenges, whose sets 30 and 31 have both been used. */
    private static void prepare(CardCore card) {
        session(card, Keys.TEST, 0xFF).put(0x30, 0, A);
        session(card, A, 0x30).put(0x31, 0, B);
        session(card, B, 0x31);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void each_change_of_keys_happens_whole_or_not_at_all(String name, Consumer<Terminal> change) {
        Terminal[] host = new Terminal[1];
        Tears<String> tears = Tears.of(
                        () -> Cards.card(0x70),
                        KeyPowerTest::prepare,
                        card -> change.accept(host[0]),
                        KeyPowerTest::look)
                .approaching(card -> host[0] = session(card, A, 0x30));
        TearCounts<String> counts = tears.count();
        assertEquals(Set.of(), counts.torn());
        assertNotEquals(counts.before(), counts.after());
        assertTrue(counts.cuts() > 0);
    }

    /** [PUK-07] */
    @Test
    void the_factory_set_and_the_first_complete_set_change_places_whole() {
        Terminal[] host = new Terminal[1];
        Tears<String> tears = Tears.of(
                        () -> Cards.card(0x70),
                        card -> session(card, Keys.TEST, 0xFF).put(0x30, 0, ENC, A.enc(), A.mac()),
                        card -> host[0].put(0x30, 0, 3, A.dek()),
                        KeyPowerTest::look)
                .approaching(card -> host[0] = session(card, Keys.TEST, 0xFF));
        boolean changed = false;
        for (Tears.Seen<String> seen : tears) {
            boolean old = seen.state().endsWith(" FF=TEST");
            assertNotEquals(old, seen.state().endsWith(" 30=A"), seen.state());
            assertFalse(changed && old, "what was new stays new");
            changed |= !old && seen.recoveryCut() == 0;
        }
        assertTrue(changed);
    }

    /** [SCP-11, SCP-12] */
    @Test
    void no_power_cut_makes_a_challenge_come_again() {
        List<String> challenges = new ArrayList<>();
        int cuts = 0;
        try (JavaCard card = Cards.card(0x70)) {
            byte[] command = join(bytes(0x80, 0x50, 0, 0, 8), new byte[8]);
            for (int attempt = 0; attempt < 20; attempt++) {
                if (attempt % 2 == 1) {
                    card.cutPowerAt(1);
                    assertThrows(PowerCutException.class, () -> card.transmit(command));
                    cuts++;
                    card.reset();
                } else {
                    byte[] answer = card.transmit(command);
                    challenges.add(text(Arrays.copyOfRange(answer, 13, 21)));
                    assertEquals(1, card.measures().writes());
                }
            }
        }
        assertEquals(10, cuts);
        assertEquals(10, new HashSet<>(challenges).size());
    }

    @Test
    void a_refused_change_leaves_no_room_taken_and_keys_that_are_gone_give_theirs_back() {
        try (JavaCard card = Cards.card(0x60)) {
            prepare(card);
            Terminal host = session(card, A, 0x30);
            int[] bytes = new int[20];
            for (int round = 0; round < bytes.length; round++) {
                assertEquals(0x9000, host.put(0x32, 0, LONG).sw());
                assertEquals(0x6985, host.put(0x32, 0, B).sw());
                assertEquals(0x9000, host.put(0x33, 0x32, ENC, B.enc()).sw());
                assertEquals(0x9000, host.delete("D20133"));
                bytes[round] = card.measures().persistentBytes();
            }
            assertEquals(bytes[0], bytes[bytes.length - 1]);
        }
    }

    @Test
    void a_full_memory_takes_no_key_and_keeps_the_old_ones() {
        Set<Integer> words = new HashSet<>();
        for (int size = 320; size < 640; size += 12) {
            try (JavaCard card = JavaCard.insert(Cards.options(size, Map.of()))) {
                Terminal host = session(card, Keys.TEST, 0xFF);
                int before = card.measures().persistentBytes();
                int word = host.put(0x30, 0, LONG).sw();
                words.add(word);
                if (word != 0x9000) {
                    assertEquals(0x6A84, word);
                    assertEquals(0x9000, host.word(0x80, 0xCA, 0x00, 0xE0));
                    assertEquals(before, card.measures().persistentBytes());
                    session(card, Keys.TEST, 0xFF);
                }
            }
        }
        assertEquals(Set.of(0x9000, 0x6A84), words);
    }

    @Test
    void a_memory_without_room_for_the_factory_keys_makes_no_card() {
        for (int size : new int[] {100, 160, 200}) {
            assertThrows(
                    IllegalArgumentException.class, () -> JavaCard.insert(Cards.options(size, Map.of())));
        }
    }
}
