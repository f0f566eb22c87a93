package unicard.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.card.AppletModule;
import unicard.card.CardOptions;
import unicard.card.Instance;
import unicard.card.LoadFile;
import unicard.card.Wiring;

class SettingsTest {
    private static Settings read(String... lines) throws IOException {
        return Settings.read(new BufferedReader(new StringReader(String.join("\n", lines) + "\n\nmore")));
    }

    @Test
    void nothing_set_is_a_plain_card_on_the_loopback_socket() throws IOException {
        Settings settings = read();
        assertNull(settings.vpcd());
        CardOptions card = settings.card();
        assertArrayEquals(CardOptions.PLAIN.atr(), card.atr());
        assertEquals(512, card.commitCapacity());
        assertEquals(CardOptions.PLAIN.instructionLimit(), card.instructionLimit());
        assertEquals(Wiring.CONTACT_T1, card.wiring());
    }

    @Test
    void everything_can_be_set() throws IOException {
        Settings settings =
                read(
                        "name=java:x=y",
                        "vpcd=::1 35963",
                        "commitCapacity=300",
                        "persistentBytes=1000",
                        "transientResetBytes=20",
                        "transientDeselectBytes=30",
                        "instructionLimit=4000",
                        "keysJoinTransactions=true",
                        "wiring=CONTACTLESS",
                        "atr=3b00",
                        "domain=some.Domain",
                        "domain.i=60",
                        "loadFile=F0554E4943 0102 card",
                        "module=F0554E494301 some.Applet",
                        "module=F0554E494302 other.Applet",
                        "loadFile=F0554E4944 0100 outside",
                        "instance=F0554E4943 F0554E494301 F0554E4945 8102",
                        "instance=F0554E4943 F0554E494301 F0554E4946 -",
                        "classPath=target/classes");
        assertEquals("java:x=y", settings.name());
        assertEquals("::1", settings.vpcd().getHostString());
        assertEquals(35963, settings.vpcd().getPort());
        CardOptions card = settings.card();
        assertEquals(
                List.of(300, 1000, 20, 30),
                List.of(
                        card.commitCapacity(),
                        card.persistentBytes(),
                        card.transientResetBytes(),
                        card.transientDeselectBytes()));
        assertEquals(4000, card.instructionLimit());
        assertTrue(card.keysJoinTransactions());
        assertEquals(Wiring.CONTACTLESS, card.wiring());
        assertArrayEquals(Client.hex("3B00"), card.atr());
        assertEquals("some.Domain", card.domain());
        assertEquals(Map.of("i", "60"), card.domainSettings());
        assertEquals(List.of(Path.of("target/classes")), card.classPath());
        LoadFile there = card.loadFiles().get(0);
        assertTrue(there.onCard());
        assertEquals(0x0102, there.version());
        assertEquals(
                List.of("some.Applet", "other.Applet"),
                there.modules().stream().map(AppletModule::className).toList());
        assertArrayEquals(Client.hex("F0554E494302"), there.modules().get(1).aid());
        assertFalse(card.loadFiles().get(1).onCard());
        Instance first = card.instances().get(0);
        assertArrayEquals(Client.hex("F0554E4945"), first.aid());
        assertArrayEquals(Client.hex("8102"), first.parameters());
        assertEquals(0, card.instances().get(1).parameters().length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "=1",
                "domains=x",
                "vpcd=localhost",
                "vpcd=localhost 0",
                "vpcd=localhost 65536",
                "commitCapacity=many",
                "commitCapacity=-1",
                "instructionLimit=0",
                "keysJoinTransactions=perhaps",
                "wiring=RADIO",
                "atr=3B8",
                "classPath=no/such/folder",
                "classPath=pom.xml",
                "loadFile=F0554E49 0100 card",
                "loadFile=F0554E4943 01 card",
                "loadFile=F0554E4943 0100 there",
                "loadFile=F0554E4943 0100",
                "module=F0554E494301 some.Applet",
                "instance=F0554E4943 F0554E494301 F0554E4945",
                "instance=F0554E4943 F0554E494301 F0554E4945 8",
            })
    void a_setting_that_means_nothing_is_refused(String line) {
        assertThrows(IllegalArgumentException.class, () -> read(line));
    }

    @Test
    void settings_that_break_off_are_refused() {
        BufferedReader lines = new BufferedReader(new StringReader("name=x\n"));
        assertThrows(IllegalArgumentException.class, () -> Settings.read(lines));
    }

    @Test
    void no_message_repeats_a_value() {
        for (String line : List.of("atr=5EC2E7x", "5EC2E7", "loadFile=F0554E4943 5EC2E7", "wiring=5EC2E7")) {
            String said = assertThrows(IllegalArgumentException.class, () -> read(line)).getMessage();
            assertFalse(said.contains("5EC2E7"), said);
        }
    }
}
