package unicard.link;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The other end of the loopback socket, byte by byte. */
final class Client implements AutoCloseable {
    private static final int PATIENCE = 20_000;

    private final Socket socket;
    private final DataInputStream in;

    Client(String greeting) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(part(greeting, "\"port\":(\\d+)")));
        socket.setSoTimeout(PATIENCE);
        in = new DataInputStream(socket.getInputStream());
    }

    static byte[] token(String greeting) {
        return HexFormat.of().parseHex(part(greeting, "\"token\":\"([0-9a-f]{32})\""));
    }

    private static String part(String greeting, String pattern) {
        Matcher found = Pattern.compile(pattern).matcher(greeting);
        if (!found.find()) {
            throw new AssertionError(greeting);
        }
        return found.group(1);
    }

    static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    void send(int kind, byte... payload) throws IOException {
        raw(ByteBuffer.allocate(5 + payload.length).putInt(1 + payload.length).put((byte) kind).put(payload).array());
    }

    void raw(byte... bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** The next frame in words: + and hexadecimal, or the trouble and its sentence. */
    String answer() throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        if (frame[0] == '-') {
            return Trouble.values()[frame[1] - 1] + ": "
                    + new String(frame, 2, frame.length - 2, StandardCharsets.UTF_8);
        }
        return (char) frame[0] + HexFormat.of().withUpperCase().formatHex(frame, 1, frame.length);
    }

    String ask(int kind, byte... payload) throws IOException {
        send(kind, payload);
        return answer();
    }

    /** Whether the other side has closed the connection. */
    boolean ended() throws IOException {
        try {
            in.readByte();
            return false;
        } catch (EOFException | SocketException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
