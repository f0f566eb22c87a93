package unicard.weave;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import unicard.card.CardCore;
import unicard.card.CardOptions;
import unicard.card.JavaCard;
import unicard.card.Measures;
import unicard.card.PowerCutException;
import unicard.card.Tears;

/** A whole applet on whole cards: what the README shows. */
class PurseTest {
    private static final byte[] AID = bytes("F04B31505552");

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static String send(CardCore card, String command) {
        return HexFormat.of().withUpperCase().formatHex(card.transmit(bytes(command)));
    }

    private static void select(CardCore card) {
        assertEquals("9000", send(card, "00A4040006F04B31505552"));
    }

    private static JavaCard purse() {
        return purse(CardOptions.PLAIN);
    }

    private static JavaCard purse(CardOptions options) {
        JavaCard card = JavaCard.insert(options);
        card.install("probes.memory.Purse", AID, new byte[0]);
        select(card);
        return card;
    }

    private static String balance(CardCore card) {
        select(card);
        return send(card, "8020000004");
    }

    @Test
    void a_debit_is_whole_wherever_the_power_fails() {
        for (int cut = 1; ; cut++) {
            try (JavaCard card = purse()) {
                card.cutPowerAt(cut);
                try {
                    send(card, "80101900");
                    assertEquals("03CF00199000", balance(card));
                    assertEquals(4, cut, "two fields and the commit");
                    return;
                } catch (PowerCutException failed) {
                    card.reset();
                    assertEquals("03E800009000", balance(card), "cut at write " + cut);
                }
            }
        }
    }

    @Test
    void a_debit_without_transaction_is_caught_between_its_writes() {
        List<String> states =
                Tears.of(PurseTest::purse, card -> {}, card -> send(card, "80111900"), PurseTest::balance)
                        .approaching(PurseTest::select)
                        .stream()
                        .map(Tears.Seen::state)
                        .toList();
        assertEquals(List.of("03E800009000", "03CF00009000", "03CF00199000"), states);
    }

    @Test
    void a_command_tells_what_it_cost() {
        try (JavaCard card = purse()) {
            send(card, "80101900");
            Measures measures = card.measures();
            assertEquals(3, measures.writes());
            assertEquals(2 * (2 + 6), measures.commitPeak());
            assertTrue(measures.instructions() > 20);
        }
    }

    @Test
    void a_deleted_applet_gives_all_its_memory_back_also_under_a_checkpoint() {
        try (JavaCard card = purse()) {
            Measures before = card.measures();
            card.checkpoint();
            card.install("probes.memory.Hoard", bytes("F04B31505554"), new byte[0]);
            Measures full = card.measures();
            assertTrue(full.persistentBytes() >= before.persistentBytes() + 108);
            assertEquals(before.transientResetBytes() + 30 + 16 + 2, full.transientResetBytes());
            assertEquals(before.transientDeselectBytes() + 40, full.transientDeselectBytes());
            card.delete(bytes("F04B31505554"));
            assertEquals(memory(before), memory(card.measures()));
            card.restore();
            card.reset();
            assertEquals(memory(before), memory(card.measures()));
        }
    }

    @Test
    void an_applet_that_a_checkpoint_brings_back_has_its_memory_again() {
        try (JavaCard card = purse()) {
            card.install("probes.memory.Hoard", bytes("F04B31505554"), new byte[0]);
            Measures before = card.measures();
            card.checkpoint();
            card.delete(bytes("F04B31505554"));
            assertTrue(card.measures().persistentBytes() <= before.persistentBytes() - 108);
            card.restore();
            card.reset();
            assertEquals(memory(before), memory(card.measures()));
        }
    }

    private static List<Integer> memory(Measures measures) {
        return List.of(
                measures.persistentBytes(),
                measures.transientResetBytes(),
                measures.transientDeselectBytes());
    }

    @Test
    void cards_share_no_statics() {
        try (JavaCard one = purse();
                JavaCard other = purse()) {
            one.install("probes.memory.Purse", bytes("F04B31505553"), new byte[0]);
            assertEquals("00029000", send(one, "8030000002"));
            assertEquals("00019000", send(other, "8030000002"));
        }
    }

    @Test
    void an_applet_comes_from_a_folder_and_brings_no_platform_with_it(@TempDir Path folder)
            throws IOException {
        copy("probes/memory/Purse", folder);
        Path api = Files.createDirectories(folder.resolve("javacard/framework"));
        Files.write(api.resolve("JCSystem.class"), new byte[] {0});
        CardOptions plain = CardOptions.PLAIN;
        CardOptions options =
                new CardOptions(
                        plain.commitCapacity(),
                        plain.persistentBytes(),
                        plain.transientResetBytes(),
                        plain.transientDeselectBytes(),
                        plain.instructionLimit(),
                        plain.keysJoinTransactions(),
                        plain.wiring(),
                        plain.atr(),
                        plain.domain(),
                        plain.domainSettings(),
                        plain.loadFiles(),
                        plain.instances(),
                        List.of(folder));
        try (JavaCard card = purse(options)) {
            assertEquals("9000", send(card, "80101900"));
        }
    }

    private static void copy(String name, Path folder) throws IOException {
        Path target = folder.resolve(name + ".class");
        Files.createDirectories(target.getParent());
        try (InputStream file = PurseTest.class.getResourceAsStream("/" + name + ".class")) {
            Files.copy(file, target);
        }
    }

    @Test
    void what_must_be_the_card_s_own_is_and_what_must_be_shared_is() throws Exception {
        try (World one = new World(List.of());
                World other = new World(List.of())) {
            for (String own :
                    List.of("javacard.framework.JCSystem", "unicard.runtime.Hooks", "probes.memory.Purse")) {
                assertTrue(one.loadClass(own) != other.loadClass(own), own);
            }
            for (String shared :
                    List.of("unicard.card.CardCore", "java.util.List", "unicard.weave.World")) {
                assertTrue(one.loadClass(shared) == other.loadClass(shared), shared);
            }
            assertThrows(ClassNotFoundException.class, () -> one.loadClass("probes.memory.Nobody"));
        }
    }
}
