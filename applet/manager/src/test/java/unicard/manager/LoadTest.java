package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.ContentBench.INSTALL;
import static unicard.manager.ContentBench.LOAD;
import static unicard.manager.ContentBytes.*;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.manager.Contract.Instruction;

/** INSTALL [for load] and LOAD. */
class LoadTest {
    private final ContentBench card = new ContentBench();

    private String loadFiles() {
        return card.listed(0x10, "4F00");
    }

    private int announce(byte[] aid, byte[] hash) {
        return card.install(LOAD, fields(aid, NOTHING, hash, NOTHING, NOTHING));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64, 200, 255})
    void a_load_file_is_the_same_however_it_is_cut_into_blocks(int size) {
        // LOD-01
        assertEquals(0x9000, announce(PACKAGE, NOTHING));
        assertEquals(0x9000, card.blocks(loadFile(cap(PACKAGE, 20, MODULE, OTHER_MODULE)), size));
        String entry = "4F06" + hex(PACKAGE) + "9F700101CE020203";
        String modules = "8407" + hex(MODULE) + "8407" + hex(OTHER_MODULE);
        assertTrue(loadFiles().contains(entry + modules + "CC08" + hex(ISD)), loadFiles());
        assertEquals(0x9000, card.install(INSTALL, installFor(INSTANCE)));
    }

    @Test
    void nothing_is_listed_before_the_last_block_and_each_is_answered_00() {
        announce(PACKAGE, NOTHING);
        byte[] stream = loadFile(cap());
        byte[] first = Arrays.copyOf(stream, 20);
        byte[] rest = Arrays.copyOfRange(stream, 20, stream.length);
        assertEquals("009000", hex(card.send(Instruction.LOAD, 0, 0, first).bytes()));
        assertEquals("009000", hex(card.send(Instruction.LOAD, 0x80, 1, rest).bytes()));
        assertTrue(loadFiles().contains(hex(PACKAGE)));
    }

    @Test
    void a_library_is_loaded_too_and_has_no_module() {
        assertEquals(0x9000, card.load(PACKAGE, cap(PACKAGE, 10)));
        assertEquals(0x6A88, card.install(INSTALL, installFor(INSTANCE)));
    }

    @Test
    void block_numbers_begin_again_after_255() {
        assertEquals(0x9000, announce(PACKAGE, NOTHING));
        assertEquals(0x9000, card.blocks(loadFile(cap(PACKAGE, 3000, MODULE)), 10));
    }

    @ParameterizedTest
    @CsvSource({"SHA-1", "SHA-256"})
    void the_hash_of_a_load_file_is_checked_where_there_is_one(String algorithm) throws Exception {
        // LOD-05
        byte[] hash = MessageDigest.getInstance(algorithm).digest(cap());
        byte[] wrong = hash.clone();
        wrong[0] ^= 1;
        assertEquals(0x9000, announce(PACKAGE, wrong));
        assertEquals(0x6A80, card.blocks(loadFile(cap()), 200));
        assertFalse(loadFiles().contains(hex(PACKAGE)));
        assertEquals(0x9000, announce(PACKAGE, hash));
        assertEquals(0x9000, card.blocks(loadFile(cap()), 200));
    }

    static Stream<Arguments> wrongAnnouncements() {
        byte[] other = ascii("another");
        return Stream.of(
                Arguments.of("nothing", NOTHING, 0x6A80),
                Arguments.of("four fields", fields(PACKAGE, NOTHING, NOTHING, NOTHING), 0x6A80),
                Arguments.of("six fields", join(announcement(PACKAGE), new byte[1]), 0x6A80),
                Arguments.of("a field cut short", Arrays.copyOf(announcement(PACKAGE), 3), 0x6A80),
                Arguments.of("an AID of 4 bytes", announcement(ascii("abcd")), 0x6A80),
                Arguments.of("an AID of 17 bytes", announcement(new byte[17]), 0x6A80),
                Arguments.of("a hash of 19 bytes", hashed(19), 0x6A80),
                Arguments.of("a hash of 48 bytes", hashed(48), 0x6A80),
                Arguments.of("a token", fields(PACKAGE, NOTHING, NOTHING, NOTHING, other), 0x6A80),
                Arguments.of("no TLV", fields(PACKAGE, NOTHING, NOTHING, hex("EF"), NOTHING), 0x6A80),
                Arguments.of("C9", fields(PACKAGE, NOTHING, NOTHING, C9, NOTHING), 0x6A80),
                Arguments.of("another domain", fields(PACKAGE, other, NOTHING, NOTHING, NOTHING), 0x6A88),
                Arguments.of("the card's own load file", announcement(OWN), 0x6985),
                Arguments.of("the domain's name", announcement(ISD), 0x6985));
    }

    private static byte[] hashed(int length) {
        return fields(PACKAGE, NOTHING, new byte[length], NOTHING, NOTHING);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongAnnouncements")
    void a_wrong_announcement_is_refused_and_no_block_is_taken(String fault, byte[] data, int sw) {
        // INS-03, INS-04, INS-09
        assertEquals(sw, card.install(LOAD, data), fault);
        assertEquals(0x6985, card.blocks(loadFile(cap()), 200));
    }

    @Test
    void system_parameters_and_the_domains_name_are_taken() {
        byte[] named = fields(PACKAGE, ISD, NOTHING, hex("EF04C6021000"), NOTHING);
        assertEquals(0x9000, card.install(LOAD, named));
        byte[] parameters = join(hex("EF8180"), new byte[0x80]);
        byte[] data = join(fields(PACKAGE, NOTHING, NOTHING), hex("8183"), parameters, new byte[1]);
        assertEquals(0x9000, card.install(LOAD, data));
    }

    @Test
    void what_is_already_there_is_not_loaded_again() {
        // INS-03
        card.loaded().install(INSTALL, installFor(INSTANCE));
        assertEquals(0x6985, announce(PACKAGE, NOTHING));
        assertEquals(0x6985, announce(INSTANCE, NOTHING));
    }

    @Test
    void a_block_that_is_not_the_next_one_ends_the_loading() {
        // LOD-03, LOD-04
        byte[] first = Arrays.copyOf(loadFile(cap()), 20);
        assertEquals(0x6985, card.sw(Instruction.LOAD, 0, 0, first));
        for (int number : new int[] {1, 0xFF}) {
            announce(PACKAGE, NOTHING);
            assertEquals(0x6A86, card.sw(Instruction.LOAD, 0, number, first));
            assertEquals(0x6985, card.sw(Instruction.LOAD, 0, 0, first));
        }
        announce(PACKAGE, NOTHING);
        assertEquals(0x9000, card.sw(Instruction.LOAD, 0, 0, first));
        assertEquals(0x6A86, card.sw(Instruction.LOAD, 0, 0, first));
        assertEquals(0x6985, card.sw(Instruction.LOAD, 0, 1, first));
    }

    @Test
    void after_the_last_block_another_needs_another_announcement() {
        // LOD-03
        card.loaded();
        assertEquals(0x6985, card.sw(Instruction.LOAD, 0x80, 1, new byte[1]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET_DATA", "GET_STATUS", "STORE_DATA", "DELETE", "SET_STATUS", ""})
    void any_other_command_between_two_blocks_ends_the_loading(String between) {
        // LOD-07
        announce(PACKAGE, NOTHING);
        card.sw(Instruction.LOAD, 0, 0, Arrays.copyOf(loadFile(cap()), 20));
        card.content.endSequences(between.isEmpty() ? null : Instruction.valueOf(between));
        assertEquals(0x6985, card.sw(Instruction.LOAD, 0, 1, new byte[1]));
    }

    static Stream<Arguments> wrongFiles() {
        byte[] good = loadFile(cap());
        byte[] otherTag = good.clone();
        otherTag[0] = (byte) 0xC5;
        return Stream.of(
                Arguments.of("another tag", otherTag),
                Arguments.of("a DAP block", join(hex("E2094F056162636465C300"), good)),
                Arguments.of("an indefinite length", join(hex("C480"), cap())),
                Arguments.of("a length of 4 bytes", join(hex("C48400000050"), cap())),
                Arguments.of("a length without end", hex("C48200")),
                Arguments.of("only a tag", hex("C4")),
                Arguments.of("less than announced", Arrays.copyOf(good, good.length - 1)),
                Arguments.of("more than announced", join(good, new byte[1])),
                Arguments.of("another package", loadFile(cap(join(PACKAGE, new byte[1]), 5))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongFiles")
    void a_wrong_load_file_is_refused_and_nothing_of_it_stays(String fault, byte[] stream) {
        // LOD-05
        announce(PACKAGE, NOTHING);
        assertEquals(0x6A80, card.blocks(stream, 230), fault);
        assertFalse(loadFiles().contains(hex(PACKAGE)));
    }

    static Stream<Arguments> noCapFiles() {
        byte[] header = header(PACKAGE);
        byte[] applet = applets(MODULE);
        byte[] inside = join(hex("DECAFFED 0102 04 0302"), fields(PACKAGE));
        byte[] one = join(hex("01"), fields(MODULE));
        byte[] otherMagic = header.clone();
        otherMagic[3] = 0;
        byte[] extended = header.clone();
        extended[9] = 0x0C;
        return Stream.of(
                Arguments.of("nothing", NOTHING),
                Arguments.of("no Header", applet),
                Arguments.of("Header second", join(applet, header)),
                Arguments.of("Header twice", join(header, header)),
                Arguments.of("Applet twice", join(header, applet, applet)),
                Arguments.of("Method twice", join(header, component(7, NOTHING), component(7, NOTHING))),
                Arguments.of("another magic", otherMagic),
                Arguments.of("extended format", extended),
                Arguments.of("a package AID of 4 bytes", header(ascii("abcd"))),
                Arguments.of("a Header cut short", component(1, Arrays.copyOf(inside, 12))),
                Arguments.of("a Header too long", component(1, join(inside, hex("016100")))),
                Arguments.of("no applet in Applet", join(header, component(3, new byte[1]))),
                Arguments.of("a module AID of 17 bytes", join(header, applets(new byte[17]))),
                Arguments.of("a module twice", join(header, applets(MODULE, MODULE))),
                Arguments.of("Applet too long", join(header, component(3, join(one, hex("001000"))))),
                Arguments.of("Applet cut short", join(header, component(3, join(one, hex("00"))))),
                Arguments.of("component 0", join(header, component(0, NOTHING))),
                Arguments.of("component 13", join(header, component(13, NOTHING))),
                Arguments.of("a component without size", join(header, hex("0700"))),
                Arguments.of("a component cut short", join(header, hex("070009"), new byte[8])));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("noCapFiles")
    void what_is_no_cap_file_is_refused_and_nothing_of_it_stays(String fault, byte[] components) {
        // LOD-05
        assertEquals(0x6A80, card.load(PACKAGE, components), fault);
        assertFalse(loadFiles().contains(hex(PACKAGE)));
    }

    @Test
    void a_name_in_the_header_and_custom_components_are_passed_over() {
        byte[] header = join(hex("DECAFFED 0102 04 0302"), fields(PACKAGE, ascii("com/example")));
        byte[] custom = component(200, ascii("debug"));
        byte[] components = join(component(1, header), custom, custom, applets(MODULE));
        assertEquals(0x9000, card.load(PACKAGE, components));
    }

    @Test
    void a_spoiled_load_file_is_loaded_or_refused_with_a_word_of_the_contract() {
        Random random = new Random(5);
        for (int run = 0; run < 2000; run++) {
            byte[] spoiled = loadFile(cap());
            spoiled[random.nextInt(spoiled.length)] = (byte) random.nextInt();
            announce(PACKAGE, NOTHING);
            int word = card.blocks(spoiled, 100);
            assertTrue(word == 0x9000 || word == 0x6A80 || word == 0x6A84, Integer.toHexString(word));
            card.delete(PACKAGE, 0);
        }
    }

    @Test
    void a_card_holds_eight_load_files_beside_its_own() {
        // LOD-06
        byte[][] names =
                IntStream.range(0, 9)
                        .mapToObj(n -> join(PACKAGE, new byte[] {(byte) n}))
                        .toArray(byte[][]::new);
        for (int number = 0; number < 8; number++) {
            assertEquals(0x9000, card.load(names[number], cap(names[number], 5)));
        }
        assertEquals(0x6A84, card.load(names[8], cap(names[8], 5)));
        assertEquals(0x9000, card.delete(names[3], 0));
        assertEquals(0x9000, card.load(names[8], cap(names[8], 5)));
    }

    @Test
    void a_card_holds_64_kib_of_load_files() {
        // LOD-06
        byte[] first = cap(PACKAGE, 40_000);
        byte[] name = join(PACKAGE, new byte[1]);
        int room = 0x10000 - first.length - cap(name, 0).length;
        assertEquals(0x9000, card.load(PACKAGE, first));
        announce(name, NOTHING);
        byte[] begin = Arrays.copyOf(loadFile(cap(name, room + 1)), 200);
        assertEquals(0x6A84, card.sw(Instruction.LOAD, 0, 0, begin));
        assertEquals(0x9000, card.load(name, cap(name, room)));
        assertEquals(0x9000, card.delete(PACKAGE, 0));
        assertEquals(0x9000, card.load(PACKAGE, first));
    }

    @Test
    void a_load_file_has_at_most_eight_modules() {
        byte[][] names = IntStream.range(0, 9).mapToObj(n -> module(n)).toArray(byte[][]::new);
        assertEquals(0x6A84, card.load(PACKAGE, cap(PACKAGE, 5, names)));
        assertFalse(loadFiles().contains(hex(PACKAGE)));
        assertEquals(0x9000, card.load(PACKAGE, cap(PACKAGE, 5, Arrays.copyOf(names, 8))));
        for (int n = 0; n < 8; n++) {
            assertTrue(loadFiles().contains(hex(names[n])));
        }
    }

    private static byte[] module(int number) {
        byte[] aid = new byte[16];
        Arrays.fill(aid, (byte) 0xF7);
        aid[15] = (byte) number;
        return aid;
    }
}
