package unicard.link;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Frames over a socket: 4 bytes length of what follows, 1 byte {@link Kind}, payload. */
final class FrameSocket implements AutoCloseable {
    /** The longest APDU: header, extended Lc, 65,535 bytes, extended Le; and the kind. */
    static final int LONGEST = 4 + 3 + 65535 + 2 + 1;

    private final Socket socket;
    private final DataInputStream in;

    FrameSocket(Socket socket) throws IOException {
        this.socket = socket;
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    }

    /**
     * Reads one frame.
     *
     * @return null where the other side has closed the connection between two frames
     * @throws BadFrameException for one that is too long, empty or of no known kind; it was skipped
     */
    Frame read() throws IOException, BadFrameException {
        int first = in.read();
        if (first < 0) {
            return null;
        }
        long length = (long) first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
        if (length == 0 || length > LONGEST) {
            in.skipNBytes(length);
            throw new BadFrameException("a frame has 1 to " + LONGEST + " bytes, not " + length);
        }
        byte letter = in.readByte();
        byte[] payload = in.readNBytes((int) length - 1);
        if (payload.length < length - 1) {
            throw new EOFException("the connection ended within a frame");
        }
        Kind kind = Kind.of(letter);
        if (kind == null) {
            throw new BadFrameException(String.format("no frame is of kind %02X", letter));
        }
        return new Frame(kind, payload);
    }

    /** Tells that it is done; in one piece, so that nothing waits for an acknowledgement. */
    void done(byte[] result) throws IOException {
        send(Kind.DONE, result);
    }

    /** Tells what is wrong. */
    void trouble(Trouble trouble, String sentence) throws IOException {
        byte[] text = String.valueOf(sentence).getBytes(StandardCharsets.UTF_8);
        send(Kind.ERROR, ByteBuffer.allocate(1 + text.length).put(trouble.code()).put(text).array());
    }

    private void send(Kind kind, byte[] payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(5 + payload.length);
        frame.putInt(1 + payload.length).put(kind.letter()).put(payload);
        socket.getOutputStream().write(frame.array());
    }

    /** For how long a read waits, milliseconds; 0 for ever. */
    void patience(int milliseconds) throws IOException {
        socket.setSoTimeout(milliseconds);
    }

    /** Closes after what was told has a chance to arrive, though something unread came in. */
    void closeAfterTelling(int milliseconds) throws IOException {
        socket.shutdownOutput();
        socket.setSoTimeout(milliseconds);
        byte[] ignored = new byte[1024];
        int left = LONGEST;
        while (left > 0) {
            int count = socket.getInputStream().read(ignored);
            if (count < 0) {
                break;
            }
            left -= count;
        }
        close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
