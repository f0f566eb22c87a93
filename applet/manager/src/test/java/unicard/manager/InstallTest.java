package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.ContentBench.INSTALL;
import static unicard.manager.ContentBench.INSTALL_AND_MAKE_SELECTABLE;
import static unicard.manager.ContentBench.MAKE_SELECTABLE;
import static unicard.manager.ContentBench.PERSONALIZE;
import static unicard.manager.ContentBytes.*;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.card.AppletModule;
import unicard.manager.Contract.Instruction;
import unicard.manager.content.InertApplet;

/** INSTALL [for install], [for make selectable], [for personalization] and what is refused. */
class InstallTest {
    private final ContentBench card = new ContentBench().loaded();

    @Test
    void an_installed_application_can_be_selected_and_the_answer_says_that_no_receipt_comes() {
        // INS-01
        Answer answer = card.send(Instruction.INSTALL, INSTALL_AND_MAKE_SELECTABLE, 0, installFor(INSTANCE));
        assertEquals("009000", hex(answer.bytes()));
        assertEquals(hex(INSTANCE), card.select(INSTANCE));
    }

    @Test
    void an_application_that_is_installed_only_waits_to_be_made_selectable() {
        // INS-06
        assertEquals(0x9000, card.install(INSTALL, installFor(INSTANCE)));
        assertEquals("6A82", card.select(INSTANCE));
        assertEquals("E3049F700103", card.listed(0x40, "4F00 5C029F70"));
        assertEquals(0x9000, card.install(MAKE_SELECTABLE, named(INSTANCE)));
        assertEquals("E3049F700107", card.listed(0x40, "4F00 5C029F70"));
        assertEquals(0x6985, card.install(MAKE_SELECTABLE, named(INSTANCE)));
        assertEquals(hex(INSTANCE), card.select(INSTANCE));
    }

    @ParameterizedTest
    @CsvSource({
        "'',C900,07F1494E53540001010000",
        "00,C903010203,07F1494E53540001010003010203",
        "000000,EF00C900,07F1494E535400010300000000",
        "'',C902AABBEF04C8020100,07F1494E53540001010002AABB",
    })
    void the_applet_gets_its_name_privileges_and_parameters(
            String privileges, String parameters, String data) {
        // INS-10; GlobalPlatform Card 2.3.1, table 11-49
        ContentBench known = new ContentBench(ContentBench.Silent.class.getName());
        byte[] fields = fields(OWN, OWN_MODULE, INSTANCE, hex(privileges), hex(parameters), NOTHING);
        assertEquals(0x9000, known.install(INSTALL, fields));
        assertEquals(data, hex(known.installData.get(0)));
    }

    @Test
    void an_inert_application_takes_parameters_of_any_length() {
        // INS-10: Applet.install takes at most 127 bytes, which is nothing to who does not listen
        byte[] parameters = join(hex("C98190"), new byte[0x90]);
        byte[] data = join(fields(PACKAGE, MODULE, INSTANCE, NOTHING), hex("8193"), parameters, hex("00"));
        assertEquals(0x9000, card.install(INSTALL, data));
        assertEquals("07F1494E53540001010000", hex(card.installData.get(0)));
    }

    @Test
    void a_module_whose_class_nobody_has_makes_an_inert_application() {
        // INS-07
        card.install(INSTALL, installFor(INSTANCE));
        assertEquals(InertApplet.class.getName(), card.installed.get(0).className());
    }

    @Test
    void a_module_that_the_jvm_has_a_class_for_is_installed_by_it() {
        ContentBench other = new ContentBench(ContentBench.Silent.class.getName());
        assertEquals(0x9000, other.install(INSTALL, installFor(OWN, OWN_MODULE, OWN_MODULE)));
        assertEquals(ContentBench.Silent.class.getName(), other.installed.get(0).className());
    }

    @Test
    void a_card_whose_jvm_lacks_a_class_is_not_made_and_the_class_is_named() {
        IllegalArgumentException missing =
                assertThrows(IllegalArgumentException.class, () -> new ContentBench("no.such.Applet"));
        assertTrue(missing.getMessage().contains("no.such.Applet"), missing.getMessage());
    }

    @Test
    void a_card_whose_own_load_file_has_more_modules_than_a_list_can_show_is_not_made() {
        AppletModule[] modules = new AppletModule[9];
        for (int i = 0; i < modules.length; i++) {
            byte[] name = Arrays.copyOf(OWN_MODULE, 16);
            name[15] = (byte) i;
            modules[i] = new AppletModule(name, InertApplet.class.getName());
        }
        assertThrows(IllegalArgumentException.class, () -> new ContentBench(modules));
        ContentBench most = new ContentBench(Arrays.copyOf(modules, 8));
        assertEquals(0x9000, most.sw(Instruction.GET_STATUS, 0x10, 0x02, hex("4F00")));
    }

    @Test
    void what_an_applet_refuses_is_answered_and_leaves_nothing() {
        String before = card.everything();
        int collections = card.collections;
        card.refuseInstall(0x6A80);
        assertEquals(0x6A80, card.install(INSTALL, installFor(INSTANCE)));
        assertEquals(before, card.everything());
        assertEquals(collections + 1, card.collections);
        assertEquals(0x9000, card.install(INSTALL, installFor(INSTANCE)));
    }

    @ParameterizedTest
    @CsvSource({
        "06F04F54484552 07F04F5448455201 07F1494E53540001 00 02EF00 00,6A80", // no C9
        "06F04F54484552 07F04F5448455201 07F1494E53540001 00 00 00,6A80", // no parameters
        "06F04F54484552 07F04F5448455201 07F1494E53540001 00 04C900C900 00,6A80", // C9 twice
        "06F04F54484552 07F04F5448455201 07F1494E53540001 00 06C900EF00EF00 00,6A80", // EF twice
        "06F04F54484552 07F04F5448455201 07F1494E53540001 00 04C900CA00 00,6A80", // another tag
        "06F04F54484552 07F04F5448455201 07F1494E53540001 00 01C9 00,6A80", // no TLV
        "06F04F54484552 07F04F5448455201 07F1494E53540001 00 02C900 0174,6A80", // token
        "06F04F54484552 07F04F5448455201 07F1494E53540001 0104 02C900 00,6A80", // privilege
        "06F04F54484552 07F04F5448455201 07F1494E53540001 03000001 02C900 00,6A80", // in byte 3
        "06F04F54484552 07F04F5448455201 07F1494E53540001 020000 02C900 00,6A80", // two bytes
        "06F04F54484552 07F04F5448455201 07F1494E53540001 0400000000 02C900 00,6A80",
        "06F04F54484552 07F04F5448455201 0461626364 00 02C900 00,6A80", // AID of 4 bytes
        "06F04F54484552 07F04F5448455201 00 00 02C900 00,6A80", // no AID
        "06F04F54484552 00 07F1494E53540001 00 02C900 00,6A80", // no module
        "00 07F04F5448455201 07F1494E53540001 00 02C900 00,6A80", // no load file
        "06F04F54484552 07F04F5448455201 07F1494E53540001 00 02C900,6A80", // five fields
        "06F04F54484552 07F04F5448455201 07F1494E53540001 00 02C900 00 00,6A80", // seven fields
        "'',6A80",
        "07616E6F74686572 07F04F5448455201 07F1494E53540001 00 02C900 00,6A88", // load file
        "06F04F54484552 07616E6F74686572 07F1494E53540001 00 02C900 00,6A88", // module
        "06F04F54484552 0AF0554E49434152440101 07F1494E53540001 00 02C900 00,6A88", // of another file
        "06F04F54484552 07F04F5448455201 08A000000151000000 00 02C900 00,6985", // the domain
        "06F04F54484552 07F04F5448455201 06F04F54484552 00 02C900 00,6985", // a load file
        "06F04F54484552 07F04F5448455201 09F0554E494341524401 00 02C900 00,6985", // the card's own
    })
    void a_wrong_install_is_refused_and_installs_nothing(String data, String sw) {
        // INS-03, INS-04, INS-09
        String before = card.everything();
        for (int p1 : new int[] {INSTALL, INSTALL_AND_MAKE_SELECTABLE}) {
            assertEquals(Integer.parseInt(sw, 16), card.install(p1, hex(data)));
        }
        assertEquals(before, card.everything());
    }

    @Test
    void an_unknown_module_is_looked_at_before_the_name_of_the_instance() {
        // INS-04
        card.install(INSTALL, installFor(INSTANCE));
        assertEquals(0x6985, card.install(INSTALL, installFor(INSTANCE)));
        assertEquals(0x6A88, card.install(INSTALL, installFor(PACKAGE, INSTANCE, INSTANCE)));
    }

    @ParameterizedTest
    @CsvSource({
        "00 00 00 00 00 00,6A80", // no AID
        "00 00 07616E6F74686572 00 00 00,6A88",
        "00 00 08A000000151000000 00 00 00,6A88", // the domain
        "00 00 06F04F54484552 00 00 00,6A88", // a load file
        "0100 00 07F1494E53540001 00 00 00,6A80", // a field in front
        "00 0100 07F1494E53540001 00 00 00,6A80",
        "00 00 07F1494E53540001 00 00,6A80", // five fields
        "00 00 07F1494E53540001 00 00 0174,6A80", // token
        "00 00 07F1494E53540001 0104 00 00,6A80", // privilege
        "00 00 07F1494E53540001 00 02C900 00,6A80", // parameters of an application
        "00 00 07F1494E53540001 00 00 00 00,6A80",
    })
    void a_wrong_make_selectable_is_refused_and_changes_nothing(String data, String sw) {
        card.install(INSTALL, installFor(INSTANCE));
        String before = card.everything();
        assertEquals(Integer.parseInt(sw, 16), card.install(MAKE_SELECTABLE, hex(data)));
        assertEquals(before, card.everything());
    }

    @Test
    void make_selectable_takes_privileges_that_grant_nothing_and_system_parameters() {
        card.install(INSTALL, installFor(INSTANCE));
        byte[] data = fields(NOTHING, NOTHING, INSTANCE, new byte[1], hex("EF00"), NOTHING);
        assertEquals(0x9000, card.install(MAKE_SELECTABLE, data));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x10, 0x40})
    void extradition_and_registry_update_are_not_supported(int p1) {
        // INS-08
        assertEquals(0x6A81, card.install(p1, installFor(INSTANCE)));
        assertEquals(0x6A81, card.install(p1, NOTHING));
    }

    @Test
    void an_application_that_does_not_listen_or_cannot_be_selected_is_not_personalized() {
        assertEquals(0x6A88, card.install(PERSONALIZE, named(INSTANCE)));
        card.install(INSTALL_AND_MAKE_SELECTABLE, installFor(INSTANCE));
        assertEquals(0x6985, card.install(PERSONALIZE, named(INSTANCE)));
        assertEquals(0x6A80, card.install(PERSONALIZE, named(NOTHING)));
        byte[] withPrivileges = fields(NOTHING, NOTHING, INSTANCE, new byte[1], NOTHING, NOTHING);
        assertEquals(0x6A80, card.install(PERSONALIZE, withPrivileges));
    }

    @Test
    void the_sixteenth_application_is_the_last() {
        // INS-05
        for (int number = 0; number < 16; number++) {
            assertEquals(0x9000, card.install(INSTALL, installFor(numbered(number))));
        }
        assertEquals(0x6A84, card.install(INSTALL, installFor(numbered(16))));
        assertEquals(0x6985, card.install(INSTALL, installFor(numbered(15))));
        assertEquals(0x9000, card.delete(numbered(3), 0));
        assertEquals(0x9000, card.install(INSTALL, installFor(numbered(16))));
    }

    private static byte[] numbered(int number) {
        return join(INSTANCE, new byte[] {(byte) number});
    }
}
