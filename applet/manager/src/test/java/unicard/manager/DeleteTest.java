package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.ContentBench.INSTALL_AND_MAKE_SELECTABLE;
import static unicard.manager.ContentBytes.*;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import unicard.manager.Contract.Instruction;

/** DELETE of applications and load files. */
class DeleteTest {
    private static final byte[] SECOND = join(INSTANCE, new byte[1]);
    private final ContentBench card = new ContentBench().loaded();

    private void install(byte[] file, byte[] module, byte[] aid) {
        assertEquals(0x9000, card.install(INSTALL_AND_MAKE_SELECTABLE, installFor(file, module, aid)));
    }

    @Test
    void a_deleted_application_is_told_and_gone_and_its_name_is_free() {
        // DEL-01
        install(PACKAGE, MODULE, INSTANCE);
        int collections = card.collections;
        assertEquals("009000", hex(card.send(Instruction.DELETE, 0, 0, deletion(INSTANCE)).bytes()));
        assertEquals(1, card.uninstalled.size());
        assertEquals(collections + 1, card.collections);
        assertEquals("6A82", card.select(INSTANCE));
        assertEquals(0x6A88, card.delete(INSTANCE, 0)); // DEL-05
        install(OWN, OWN_MODULE, INSTANCE);
        assertEquals(hex(INSTANCE), card.select(INSTANCE));
    }

    @Test
    void a_load_file_with_applications_goes_only_together_with_them() {
        // DEL-03, DEL-06
        install(PACKAGE, MODULE, INSTANCE);
        install(PACKAGE, OTHER_MODULE, SECOND);
        install(OWN, OWN_MODULE, OWN_MODULE);
        String before = card.everything();
        assertEquals(0x6985, card.delete(PACKAGE, 0));
        assertEquals(before, card.everything());
        assertEquals(0, card.uninstalled.size());
        assertEquals(0x9000, card.delete(PACKAGE, 0x80));
        assertEquals(2, card.uninstalled.size());
        assertFalse(card.everything().contains(hex(PACKAGE)));
        assertTrue(card.everything().contains("4F0A" + hex(OWN_MODULE)));
        assertEquals(0x9000, card.load(PACKAGE, cap()));
    }

    @Test
    void a_load_file_without_applications_is_deleted_alone() {
        install(PACKAGE, MODULE, INSTANCE);
        assertEquals(0x9000, card.delete(INSTANCE, 0x80));
        assertEquals(0x9000, card.delete(PACKAGE, 0));
        assertEquals(0x6A88, card.install(INSTALL_AND_MAKE_SELECTABLE, installFor(INSTANCE)));
    }

    static Stream<Arguments> undeletable() {
        return Stream.of(
                Arguments.of("the domain", deletion(ISD), 0, 0x6985),
                Arguments.of("the card's own load file", deletion(OWN), 0, 0x6985),
                Arguments.of("the card's own load file with its applications", deletion(OWN), 0x80, 0x6985),
                Arguments.of("an unknown AID", deletion(ascii("another")), 0, 0x6A88),
                Arguments.of("a module", deletion(MODULE), 0, 0x6A88),
                Arguments.of("the beginning of an AID", deletion(hex("F1494E535400")), 0, 0x6A88),
                Arguments.of("an AID of 4 bytes", deletion(ascii("abcd")), 0, 0x6A80),
                Arguments.of("an AID of 17 bytes", deletion(new byte[17]), 0, 0x6A80),
                Arguments.of("no AID", deletion(NOTHING), 0, 0x6A80),
                Arguments.of("two AIDs", join(deletion(INSTANCE), deletion(PACKAGE)), 0, 0x6A80),
                Arguments.of("a token", join(deletion(INSTANCE), hex("9E0174")), 0, 0x6A80),
                Arguments.of("no TLV", join(hex("4F08"), INSTANCE), 0, 0x6A80));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("undeletable")
    void a_wrong_delete_is_refused_and_deletes_nothing(String what, byte[] data, int p2, int sw) {
        // DEL-03, DEL-04, DEL-05
        install(PACKAGE, MODULE, INSTANCE);
        install(OWN, OWN_MODULE, OWN_MODULE);
        String before = card.everything();
        assertEquals(sw, card.sw(Instruction.DELETE, 0, p2, data), what);
        assertEquals(before, card.everything());
        assertEquals(0, card.uninstalled.size());
    }
}
