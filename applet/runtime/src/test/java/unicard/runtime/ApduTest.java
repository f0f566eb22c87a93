package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.card.CardOptions;
import unicard.card.Wiring;

/** Commands and answers: cases, lengths, classes, protocols. */
class ApduTest {
    private static final int NUMBERS = 0x03;
    private static final int LENGTHS = 0x04;

    /** Le, protocol, block sizes, as the applet Echo answers them. */
    private static String seen(Terminal terminal, String command) {
        return terminal.send(command);
    }

    private static Terminal wired(Wiring wiring) {
        Terminal terminal = Terminal.with("Echo");
        terminal.card.wire(wiring);
        terminal.reset();
        terminal.select(Terminal.FIRST);
        return terminal;
    }

    @ParameterizedTest
    @CsvSource({
        "80040000, 0000, 0100, 0000",
        "8004000000, 0100, 0100, 0100",
        "8004000010, 0010, 0010, 0010",
        "8004000001AA, 0000, 0100, 0000",
        "8004000001AA00, 0100, 0100, 0100",
        "8004000001AA20, 0020, 0100, 0020",
    })
    void set_outgoing_answers_le_which_t0_does_not_carry_beside_data(
            String command, String overT1, String overT0, String contactless) {
        try (Terminal terminal = wired(Wiring.CONTACT_T1)) {
            assertEquals(overT1 + "01" + "00FE" + "00FE" + "00" + "9000", seen(terminal, command));
        }
        try (Terminal terminal = wired(Wiring.CONTACT_T0)) {
            assertEquals(overT0 + "00" + "0001" + "0102" + "00" + "9000", seen(terminal, command));
        }
        try (Terminal terminal = wired(Wiring.CONTACTLESS)) {
            assertEquals(contactless + "81" + "00FE" + "00FE" + "00" + "9000", seen(terminal, command));
        }
    }

    @Test
    void another_interface_takes_effect_at_the_next_reset() {
        try (Terminal terminal = wired(Wiring.CONTACT_T1)) {
            terminal.card.wire(Wiring.CONTACTLESS);
            assertEquals("01", terminal.ask(LENGTHS).substring(4, 6));
            assertEquals("3B80800101", Terminal.hex(terminal.card.reset()));
            terminal.select(Terminal.FIRST);
            assertEquals("81", terminal.ask(LENGTHS).substring(4, 6));
            terminal.card.wire(Wiring.CONTACT_T0);
            assertEquals("3B00", Terminal.hex(terminal.card.reset()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 99, 100, 101, 254, 255, 256})
    void answers_of_0_to_256_bytes_come_whole(int length) {
        try (Terminal terminal = Terminal.with("Echo")) {
            byte[] answer = terminal.card.transmit(
                    new byte[] {(byte) 0x80, NUMBERS, (byte) (length >> 8), (byte) length, 0});
            assertEquals(length + 2, answer.length);
            for (int i = 0; i < length; i++) {
                assertEquals((byte) i, answer[i]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Wiring.class)
    void commands_of_1_to_255_bytes_of_data_come_whole_with_le_and_without(Wiring wiring) {
        try (Terminal terminal = wired(wiring)) {
            for (int length = 1; length <= 255; length++) {
                String data = String.format("%02X", length).repeat(length);
                String command = String.format("80010000%02X%s", length, data);
                assertEquals(data + "9000", terminal.send(command));
                assertEquals(data + "9000", terminal.send(command + "00"));
            }
        }
    }

    @Test
    void the_le_byte_is_not_in_the_applets_buffer() {
        try (Terminal terminal = Terminal.with("Echo")) {
            terminal.send("80010000 04 11223344 00");
            // Both bytes behind the data, as the applet would send them.
            String answer = terminal.send("80070000 02 AABB 77");
            assertEquals("AABB0000" + "9000", answer);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "80", "8000", "800000", "80010000 02 AA", "80010000 02 AA BB CC DD", "80010000 00 01",
        "80010000 000001", "80010000 000002 AABB", "80010000 000002 AABB 0000", "80010000 000003 AABB",
        "80010000 00 0000 AA",
    })
    void lengths_that_do_not_fit_and_extended_ones_are_refused_with_6700(String command) {
        try (Terminal terminal = Terminal.with("Echo")) {
            assertEquals("6700", terminal.send(command));
            terminal.reset();
            assertEquals("6700", terminal.send(command));
        }
    }

    @Test
    void other_channels_are_refused_after_the_lengths_were_looked_at() {
        try (Terminal terminal = Terminal.with("Echo")) {
            for (int cla = 0; cla < 256; cla++) {
                boolean proprietary = cla >= 0x80;
                boolean further = (cla & 0x40) != 0;
                boolean reserved = !proprietary && (cla & 0xE0) == 0x20;
                boolean other = further || !reserved && (cla & 3) != 0;
                String expected = cla == 0xFF ? "6E00" : other ? "6881" : "9000";
                assertEquals(expected, terminal.send(String.format("%02X000000", cla)), "class " + cla);
                assertEquals("6700", terminal.send(String.format("%02X", cla)), "class " + cla);
                assertEquals("6700", terminal.send(String.format("%02X000000020001FF00", cla)), "class " + cla);
            }
        }
    }

    @Test
    void the_issuer_domain_has_the_classes_00_04_80_84_and_no_chaining() {
        try (Terminal terminal = Terminal.plain()) {
            for (int cla = 0; cla < 256; cla++) {
                String expected = domainsAnswer(cla);
                assertEquals(expected, terminal.send(String.format("%02X010000", cla)), "class " + cla);
            }
        }
    }

    private static String domainsAnswer(int cla) {
        if (cla == 0xFF || (cla & 0xE0) == 0x20) {
            return "6E00";
        }
        if ((cla & 0x43) != 0) {
            return "6881";
        }
        if ((cla & 0x30) == 0x10) {
            return "6884";
        }
        return (cla & 0x2B) == 0 ? "6D00" : "6E00";
    }

    @Test
    void manage_channel_is_refused_because_there_is_one_channel() {
        try (Terminal terminal = Terminal.with("Echo")) {
            assertEquals("6881", terminal.send("0070000001"));
            assertEquals("6881", terminal.send("00708001"));
            assertEquals("6D00", terminal.send("80700000"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "9000, true", "9123, true", "6285, true", "63C2, true", "6110, true", "9FFF, true",
        "6A80, false", "6982, false", "6700, false", "6F01, false", "6400, false", "6500, false",
    })
    void warnings_and_successes_carry_data_and_errors_none(String word, boolean data) {
        try (Terminal terminal = Terminal.with("Echo")) {
            assertEquals((data ? "C0DE" : "") + word, terminal.send("8005" + word + "02C0DE"));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 6A99", "1, 6F00", "2, 6F00", "3, 6F00", "4, 6F00", "5, 6F00", "6, 6F00", "7, 6F00",
        "8, 6F00", "9, 6F00", "10, 9000"})
    void what_an_applet_throws_becomes_a_status_word_and_the_card_goes_on(int kind, String word) {
        try (Terminal terminal = Terminal.with("Throws")) {
            assertEquals(word, terminal.ask(0x00, kind << 8));
            assertEquals(word.equals("6F00"), terminal.card.lastThrown() != null);
            assertEquals("9000", terminal.ask(0x00, 0x7F00));
            assertEquals(null, terminal.card.lastThrown());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void misuse_of_the_apdu_throws_what_the_api_says(int kind) {
        try (Terminal terminal = Terminal.with("Throws")) {
            assertEquals("6F00", terminal.send(String.format("8001%02X00 02 AABB", kind)));
            String thrown = terminal.card.lastThrown().getClass().getName();
            assertEquals("javacard.framework.APDUException", thrown);
            assertEquals("9000", terminal.ask(0x00, 0x7F00));
        }
    }

    @Test
    void an_applet_with_extended_length_takes_and_sends_as_much_as_the_api_can_speak_of() {
        try (Terminal terminal = Terminal.with("ExtendedEcho")) {
            for (int length : new int[] {1, 255, 256, 1000, 32760}) {
                String data = "01".repeat(length);
                String answer = terminal.send(String.format("80010000 00%04X %s 0000", length, data));
                assertEquals(String.format("%1$04X%1$04X7FFF9000", length), answer);
                byte[] sent = terminal.card.transmit(Terminal.bytes(String.format("8002%04X 000000", length)));
                assertEquals(length + 2, sent.length);
            }
            assertEquals("6700", terminal.send("80010000 008000" + "01".repeat(32768)));
            assertEquals("0002000204D29000", terminal.send("80010000 000002 0101 04D2"));
            assertEquals("0002000200009000", terminal.send("80010000 000002 0101"));
            assertEquals("0002000200079000", terminal.send("80010000 02 0101 07"));
        }
    }

    @Test
    void over_t0_an_applet_with_extended_length_is_promised_any_answer() {
        try (Terminal terminal = Terminal.plain()) {
            terminal.card.wire(Wiring.CONTACT_T0);
            terminal.reset();
            terminal.install("ExtendedEcho", Terminal.FIRST);
            terminal.select(Terminal.FIRST);
            assertEquals("000200027FFF9000", terminal.send("80010000 02 0101 07"));
        }
    }

    @Test
    void over_t0_an_applet_that_receives_where_there_is_only_le_waits_in_vain() {
        try (Terminal terminal = Terminal.with("Echo")) {
            assertEquals("9000", terminal.send("80010000 05"));
            terminal.card.wire(Wiring.CONTACT_T0);
            terminal.reset();
            terminal.select(Terminal.FIRST);
            assertEquals("6F00", terminal.send("80010000 05"));
        }
    }

    @Test
    void the_answer_to_reset_without_contacts_has_the_historical_bytes_of_the_other() {
        byte[] atr = Terminal.bytes("3B85010102030405" + "85");
        CardOptions plain = CardOptions.PLAIN;
        CardOptions options = new CardOptions(
                plain.commitCapacity(), plain.persistentBytes(), plain.transientResetBytes(),
                plain.transientDeselectBytes(), plain.instructionLimit(), false, Wiring.CONTACTLESS, atr,
                plain.domain(), plain.domainSettings(), plain.loadFiles(), plain.instances(),
                plain.classPath());
        try (Terminal terminal = new Terminal(options)) {
            assertEquals("3B858001010203040505", Terminal.hex(terminal.card.reset()));
        }
    }
}
