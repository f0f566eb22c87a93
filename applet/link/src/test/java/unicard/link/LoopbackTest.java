package unicard.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopbackTest {
    private final EchoCard card = new EchoCard();
    private final EchoCard another = new EchoCard();
    private final CompletableFuture<Throwable> served = new CompletableFuture<>();
    private Loopback loopback;
    private String greeting;

    @BeforeEach
    void listen() throws IOException {
        loopback = new Loopback();
        greeting = loopback.greeting();
        Thread thread = new Thread(this::serve);
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void close() throws IOException {
        loopback.close();
    }

    private void serve() {
        try {
            loopback.serve(card, options -> another);
            served.complete(null);
        } catch (Throwable e) {
            served.complete(e);
        }
    }

    private Throwable ending() throws InterruptedException, ExecutionException, TimeoutException {
        return served.get(20, TimeUnit.SECONDS);
    }

    private Client admitted() throws IOException {
        Client client = new Client(greeting);
        assertEquals("+", client.ask('H', Client.token(greeting)));
        return client;
    }

    @Test
    void a_client_with_the_token_has_the_card() throws Exception {
        try (Client client = admitted()) {
            assertEquals("+3B800181", client.ask('R'));
            assertEquals("+01", client.ask('?'));
            assertEquals("+00A404009000", client.ask('T', Client.hex("00A40400")));
            assertEquals("+", client.ask('W', "CONTACTLESS".getBytes("UTF-8")));
            assertEquals("+", client.ask('C', Client.hex("00000000 00000102")));
            assertEquals("+", client.ask('K'));
            assertEquals("+", client.ask('P'));
            assertEquals("+", client.ask('B'));
            assertEquals("+", client.ask('O'));
            assertEquals("+00", client.ask('?'));
            client.send('Q');
            assertTrue(client.ended());
        }
        assertEquals(
                List.of("reset", "wire CONTACTLESS", "cut 258", "keep", "checkpoint", "restore", "off"),
                card.asked);
        assertNull(ending());
    }

    @Test
    void another_card_takes_the_place_of_this_one() throws Exception {
        try (Client client = admitted()) {
            client.ask('R');
            assertEquals(
                    "BAD_FRAME: these settings describe no card: nothing is called nonsense",
                    client.ask('N', "nonsense=1\n\n".getBytes("UTF-8")));
            assertEquals("+01", client.ask('?'));
            assertEquals("+", client.ask('N', "name=x\n\n".getBytes("UTF-8")));
            assertEquals("+00", client.ask('?'));
            assertEquals("+3B800181", client.ask('R'));
        }
        assertEquals(List.of("reset", "off"), card.asked);
        assertEquals(List.of("reset"), another.asked);
    }

    @Test
    void measures_are_json() throws Exception {
        try (Client client = admitted()) {
            byte[] text = Client.hex(client.ask('M').substring(1));
            assertEquals(
                    "{\"writes\":1,\"commitPeak\":2,\"instructions\":3,\"totalWrites\":4,"
                            + "\"persistentBytes\":5,\"transientResetBytes\":6,\"transientDeselectBytes\":7}",
                    new String(text, "UTF-8"));
        }
    }

    @Test
    void what_an_applet_threw_is_told_as_java_prints_it() throws Exception {
        try (Client client = admitted()) {
            assertEquals("+", client.ask('X'));
            client.ask('R');
            String text = new String(Client.hex(client.ask('X').substring(1)), "UTF-8");
            assertTrue(text.startsWith("java.lang.ArithmeticException: by zero\n\tat unicard.link."), text);
        }
    }

    @Test
    void a_longest_apdu_goes_through_and_a_longer_one_is_refused() throws Exception {
        try (Client client = admitted()) {
            client.ask('R');
            byte[] longest = new byte[FrameSocket.LONGEST - 1];
            assertEquals(1 + 2 * (longest.length + 2), client.ask('T', longest).length());
            assertEquals(
                    "BAD_FRAME: a frame has 1 to 65545 bytes, not 65546",
                    client.ask('T', new byte[longest.length + 1]));
            assertEquals("+01", client.ask('?'));
        }
    }

    @Test
    void a_frame_that_announces_gigabytes_takes_no_memory_and_ends_with_its_client() throws Exception {
        try (Client client = admitted()) {
            client.raw(Client.hex("FFFFFFFF 54 00A4"));
        }
        assertNull(ending());
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000000", "00000001 7A", "00000001 48", "00000001 2B", "00000002 52 00", "00000002 43 01",
            "00000009 43 0000000000000000", "00000009 43 FFFFFFFFFFFFFFFF", "00000002 57 00"})
    void a_frame_that_means_nothing_is_refused_and_the_next_one_understood(String frame) throws Exception {
        try (Client client = admitted()) {
            client.raw(Client.hex(frame));
            String answer = client.answer();
            assertTrue(answer.startsWith("BAD_FRAME: "), answer);
            assertEquals("+00", client.ask('?'));
        }
        assertEquals(List.of(), card.asked);
    }

    @Test
    void a_power_cut_a_hung_applet_and_a_refusal_are_told_apart() throws Exception {
        try (Client client = admitted()) {
            assertEquals("REFUSED: a transaction is unfinished", client.ask('P'));
            assertEquals("POWER_CUT: no power", client.ask('T', Client.hex("00A40400")));
            client.ask('R');
            assertEquals("POWER_CUT: cut", client.ask('T', new byte[] {0, EchoCard.LOSE_POWER}));
            client.ask('R');
            assertEquals("HUNG: no end", client.ask('T', new byte[] {0, EchoCard.HANG}));
            assertEquals("+009000", client.ask('T', new byte[] {0}));
        }
    }

    @Test
    void a_defect_is_told_to_the_client_and_ends_the_service() throws Exception {
        try (Client client = admitted()) {
            client.ask('R');
            assertEquals(
                    "DEFECT: java.lang.ArrayStoreException: broken",
                    client.ask('T', new byte[] {0, EchoCard.BREAK}));
            assertTrue(client.ended());
        }
        assertEquals(ArrayStoreException.class, ending().getClass());
    }

    @Test
    void a_second_client_is_refused_while_the_first_stays_served() throws Exception {
        try (Client first = admitted(); Client second = new Client(greeting)) {
            assertEquals("TAKEN: another program has this card", second.answer());
            assertTrue(second.ended());
            assertEquals("+3B800181", first.ask('R'));
        }
    }

    @Test
    void a_wrong_token_and_garbage_are_refused_and_the_card_stays_free() throws Exception {
        byte[] wrong = Client.token(greeting);
        wrong[15] ^= 1;
        for (byte[] first : new byte[][] {wrong, {}, new byte[100]}) {
            try (Client client = new Client(greeting)) {
                assertEquals("REFUSED: the first frame is not the card's token", client.ask('H', first));
                assertTrue(client.ended());
            }
        }
        try (Client client = new Client(greeting)) {
            assertEquals("REFUSED: the first frame is not the card's token", client.ask('R'));
        }
        assertEquals(List.of(), card.asked);
        try (Client client = admitted()) {
            assertEquals("+3B800181", client.ask('R'));
        }
    }

    @Test
    void silent_strangers_do_not_keep_the_owner_out() throws Exception {
        try (Client silent = new Client(greeting); Client slow = new Client(greeting)) {
            slow.raw((byte) 0);
            try (Client owner = admitted()) {
                assertEquals("+3B800181", owner.ask('R'));
                assertFalse(served.isDone());
                silent.raw((byte) 0);
            }
        }
    }

    @Test
    void a_client_that_disappears_within_a_frame_ends_the_service() throws Exception {
        try (Client client = admitted()) {
            client.raw(Client.hex("00000010 54 00"));
        }
        assertNull(ending());
    }
}
