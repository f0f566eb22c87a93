package unicard.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VpcdTest {
    private static final int PATIENCE = 20_000;

    private final EchoCard card = new EchoCard();
    private final BlockingQueue<String> remarks = new LinkedBlockingQueue<>();
    private ServerSocket listener;
    private Thread thread;
    private Socket reader;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        listener.setSoTimeout(PATIENCE);
    }

    @AfterEach
    void end() throws Exception {
        listener.close();
        if (reader != null) {
            reader.close();
        }
        thread.interrupt();
        thread.join(PATIENCE);
        assertTrue(!thread.isAlive());
    }

    private void serve() {
        InetSocketAddress address = InetSocketAddress.createUnresolved("127.0.0.1", listener.getLocalPort());
        thread = new Thread(() -> {
            try {
                new Vpcd(address, "the card", card, remarks::add).serve();
            } catch (InterruptedException e) {
                // the end of the test
            }
        });
        thread.start();
    }

    private void insert() throws IOException {
        if (reader != null) {
            reader.close();
        }
        reader = listener.accept();
        reader.setSoTimeout(PATIENCE);
    }

    private void send(byte... message) throws IOException {
        byte[] framed = new byte[2 + message.length];
        framed[0] = (byte) (message.length >> 8);
        framed[1] = (byte) message.length;
        System.arraycopy(message, 0, framed, 2, message.length);
        for (byte one : framed) {
            reader.getOutputStream().write(one);
        }
    }

    private byte[] ask(byte... message) throws IOException {
        send(message);
        DataInputStream in = new DataInputStream(reader.getInputStream());
        byte[] answer = new byte[in.readUnsignedShort()];
        in.readFully(answer);
        return answer;
    }

    private String remark() throws InterruptedException {
        return remarks.poll(PATIENCE, TimeUnit.MILLISECONDS);
    }

    @Test
    void a_card_answers_controls_and_apdus() throws Exception {
        serve();
        insert();
        assertEquals("the card is in the reader", remark());
        assertArrayEquals(EchoCard.ATR, ask((byte) 4));
        send((byte) 1);
        assertArrayEquals(Client.hex("00A404009000"), ask(Client.hex("00A40400")));
        byte[] longest = Arrays.copyOf(Client.hex("00A40400"), 65533);
        assertEquals(65535, ask(longest).length);
        send((byte) 2);
        send((byte) 9);
        send();
        send((byte) 0);
        assertArrayEquals(EchoCard.ATR, ask((byte) 4));
        assertEquals(List.of("reset", "off", "reset", "reset", "off"), card.asked);
    }

    /** The shortest of many: what a delayed acknowledgement costs (40 ms) it costs every time. */
    private long shortest(boolean inPieces) throws IOException {
        long shortest = Long.MAX_VALUE;
        for (int turn = 0; turn < 30; turn++) {
            long start = System.nanoTime();
            if (inPieces) {
                reader.getOutputStream().write(Client.hex("0004"));
                reader.getOutputStream().write(Client.hex("00A40400"));
            } else {
                reader.getOutputStream().write(Client.hex("0004 00A40400"));
            }
            reader.getInputStream().readNBytes(8);
            shortest = Math.min(shortest, System.nanoTime() - start);
        }
        return shortest;
    }

    @Test
    void a_message_that_comes_in_two_pieces_is_acknowledged_at_once() throws Exception {
        serve();
        insert();
        send((byte) 1);
        long whole = shortest(false);
        long apart = shortest(true);
        assertTrue(apart < 50 * whole, apart + " ns against " + whole + " ns");
    }

    @Test
    void a_card_comes_back_when_the_reader_restarts() throws Exception {
        serve();
        insert();
        assertEquals("the card is in the reader", remark());
        insert();
        assertEquals("the reader is gone; waiting for it to come back", remark());
        assertEquals("the card is in the reader", remark());
        send((byte) 1);
        assertArrayEquals(Client.hex("00A404009000"), ask(Client.hex("00A40400")));
    }

    @Test
    void a_reader_that_is_not_there_yet_is_waited_for_and_said_once() throws Exception {
        InetSocketAddress address = (InetSocketAddress) listener.getLocalSocketAddress();
        listener.close();
        listener = new ServerSocket();
        listener.setSoTimeout(PATIENCE);
        thread = new Thread(() -> {
            try {
                new Vpcd(address, "the card", card, remarks::add).serve();
            } catch (InterruptedException e) {
                // the end of the test
            }
        });
        thread.start();
        String first = remark();
        assertTrue(first.startsWith("no virtual reader at "), first);
        assertTrue(first.endsWith("; waiting"), first);
        listener.bind(address);
        insert();
        assertEquals("the card is in the reader", remark());
    }

    @Test
    void a_card_that_hangs_is_taken_out_and_put_in_again() throws Exception {
        serve();
        insert();
        remark();
        for (byte instruction : new byte[] {EchoCard.HANG, EchoCard.LOSE_POWER}) {
            send((byte) 1);
            send((byte) 0, instruction);
            assertEquals(-1, reader.getInputStream().read());
            assertTrue(remark().startsWith("the card stopped answering ("));
            insert();
            assertEquals("the card is in the reader", remark());
        }
    }
}
