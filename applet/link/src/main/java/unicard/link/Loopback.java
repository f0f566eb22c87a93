package unicard.link;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import unicard.card.CardCore;
import unicard.card.CardOptions;

/**
 * A card for one program on this machine, on a free port of 127.0.0.1.
 *
 * <p>Whoever sends the token first has the card; it is told to the parent process only, so that nobody
 * else on the machine takes the card. When that client is gone, the card is.
 */
final class Loopback implements AutoCloseable {
    /** How long a connection may take to show the token, milliseconds. */
    private static final int PATIENCE = 5000;

    /** Connections that have not shown the token, at most, at one time. */
    private static final int STRANGERS = 16;

    private final byte[] token = new byte[16];
    private final ServerSocket listener;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final SynchronousQueue<FrameSocket> owner = new SynchronousQueue<>();
    private final Semaphore strangers = new Semaphore(STRANGERS);

    Loopback() throws IOException {
        new SecureRandom().nextBytes(token);
        InetAddress here = InetAddress.getByAddress("localhost", new byte[] {127, 0, 0, 1});
        listener = new ServerSocket(0, STRANGERS, here);
    }

    /** What the parent process needs to know, as one line of JSON. */
    String greeting() {
        // String.format would load the data of locales first, which every start would wait for.
        String hex = HexFormat.of().formatHex(token);
        return "{\"port\":" + listener.getLocalPort() + ",\"token\":\"" + hex + "\"}";
    }

    /** Waits for the client with the token and serves it until it is gone, with new cards if it asks. */
    void serve(CardCore card, Function<CardOptions, CardCore> maker) throws InterruptedException {
        Thread door = new Thread(this::accept, "door");
        door.setDaemon(true);
        door.start();
        try (FrameSocket client = owner.take()) {
            new Session(client, card, maker).serve();
        } catch (IOException e) {
            // The client is gone, in the middle of a frame or while it was answered.
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                if (!strangers.tryAcquire()) {
                    socket.close();
                    continue;
                }
                Thread visitor = new Thread(() -> admit(socket), "visitor");
                visitor.setDaemon(true);
                visitor.start();
            } catch (IOException e) {
                // This connection came to nothing, or the listener was closed.
            }
        }
    }

    private void admit(Socket socket) {
        try {
            FrameSocket client = new FrameSocket(socket);
            if (taken.get()) {
                client.trouble(Trouble.TAKEN, "another program has this card");
                client.closeAfterTelling(PATIENCE);
            } else {
                ask(client);
            }
        } catch (IOException | InterruptedException e) {
            close(socket);
        } finally {
            strangers.release();
        }
    }

    private void ask(FrameSocket client) throws IOException, InterruptedException {
        client.patience(PATIENCE);
        if (!knowsToken(client)) {
            client.trouble(Trouble.REFUSED, "the first frame is not the card's token");
            client.closeAfterTelling(PATIENCE);
        } else if (!taken.compareAndSet(false, true)) {
            client.trouble(Trouble.TAKEN, "another program has this card");
            client.closeAfterTelling(PATIENCE);
        } else {
            client.patience(0);
            client.done(new byte[0]);
            owner.put(client);
        }
    }

    private boolean knowsToken(FrameSocket client) throws IOException {
        try {
            Frame frame = client.read();
            return frame != null
                    && frame.kind() == Kind.HELLO
                    && MessageDigest.isEqual(frame.payload(), token);
        } catch (BadFrameException e) {
            return false;
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone already.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
