package unicard.link;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;
import unicard.card.CardCore;
import unicard.card.CardHungException;
import unicard.card.PowerCutException;

/**
 * Puts a card into vpcd, the virtual reader of pcscd (vsmartcard project).
 *
 * <p>The card is the TCP client. Each message has a length of 2 bytes; a message of one byte from the
 * reader is a control (0 power off, 1 power on, 2 reset, 4 answer with the ATR), any other an APDU.
 */
final class Vpcd {
    private static final int OFF = 0;
    private static final int ON = 1;
    private static final int RESET = 2;
    private static final int ATR = 4;

    private static final int RETRY_MILLISECONDS = 500;

    /** How long a card that was taken out stays out: longer than pcscd's looks into the reader. */
    private static final int GAP_MILLISECONDS = 1000;

    private final InetSocketAddress address;
    private final String name;
    private final CardCore card;
    private final Consumer<String> report;
    private byte[] atr;

    /** @param report is told what happens, in sentences */
    Vpcd(InetSocketAddress address, String name, CardCore card, Consumer<String> report) {
        this.address = address;
        this.name = name;
        this.card = card;
        this.report = report;
    }

    /** Keeps the card in the reader, through restarts of pcscd, until the thread is interrupted. */
    void serve() throws InterruptedException {
        atr = card.reset();
        card.powerOff();
        while (true) {
            try (Socket reader = connect()) {
                report.accept(name + " is in the reader");
                answer(reader);
                report.accept("the reader is gone; waiting for it to come back");
            } catch (CardHungException | PowerCutException e) {
                report.accept(name + " stopped answering (" + e.getMessage() + "); out and in again");
                Thread.sleep(GAP_MILLISECONDS);
            } catch (IOException e) {
                report.accept("the reader is gone; waiting for it to come back");
            }
            card.powerOff();
        }
    }

    private Socket connect() throws InterruptedException {
        boolean told = false;
        while (true) {
            Socket socket = new Socket();
            try {
                socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                socket.connect(new InetSocketAddress(address.getHostString(), address.getPort()));
                return socket;
            } catch (IOException e) {
                close(socket);
                if (!told) {
                    report.accept(
                            String.format(
                                    "no virtual reader at %s:%d (%s); waiting",
                                    address.getHostString(), address.getPort(), e.getMessage()));
                    told = true;
                }
                Thread.sleep(RETRY_MILLISECONDS);
            }
        }
    }

    private void answer(Socket reader) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(new Prompt(reader), 1 << 16));
        for (int high = in.read(); high >= 0; high = in.read()) {
            byte[] message = new byte[high << 8 | in.readUnsignedByte()];
            in.readFully(message);
            if (message.length > 1) {
                send(reader, card.transmit(message));
            } else if (message.length == 1) {
                control(reader, message[0]);
            }
        }
    }

    private void control(Socket reader, int control) throws IOException {
        switch (control) {
            case OFF -> card.powerOff();
            case ON, RESET -> atr = card.reset();
            case ATR -> send(reader, atr);
            default -> {
                // Nothing else is defined, and nothing would be waited for.
            }
        }
    }

    /** In one piece: the second of two would wait until the first is acknowledged. */
    private static void send(Socket reader, byte[] message) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(2 + message.length);
        reader.getOutputStream().write(whole.putShort((short) message.length).put(message).array());
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It never was open.
        }
    }

    /**
     * Acknowledges what comes in at once. vpcd sends length and content apart, and waits in between for
     * the first to be acknowledged, which Linux delays by 40 ms unless it is asked before each read.
     */
    private static final class Prompt extends FilterInputStream {
        private final Socket socket;
        private final boolean canBePrompt;

        Prompt(Socket socket) throws IOException {
            super(socket.getInputStream());
            this.socket = socket;
            canBePrompt = socket.supportedOptions().contains(ExtendedSocketOptions.TCP_QUICKACK);
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            if (canBePrompt) {
                socket.setOption(ExtendedSocketOptions.TCP_QUICKACK, true);
            }
            InputStream in = this.in;
            return in.read(into, from, length);
        }
    }
}
