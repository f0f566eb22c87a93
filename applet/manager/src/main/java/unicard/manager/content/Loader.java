package unicard.manager.content;

import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import unicard.manager.Answer;
import unicard.manager.Command;

/**
 * LOAD: a load file that comes block by block after INSTALL [for load]. Until its last block nothing
 * of it is on the card; whatever comes in between, and every refusal, ends it (LOD-07).
 *
 * <p>The room for load files is a memory of its own, which is charged with all their bytes (LOD-06);
 * the persistent memory of applets pays for their registry entries only.
 */
public final class Loader {
    private static final int LAST = 0x80;
    private static final int LOAD_FILE_DATA_BLOCK = 0xC4;

    /** Modules that a load file may have: as many as one answer of GET STATUS can show. */
    static final int MODULES = 8;

    private final Registry registry;
    private LoadRequest request;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private int nextBlock;

    public Loader(Registry registry) {
        this.registry = registry;
    }

    void begin(LoadRequest announced) {
        forget();
        request = announced;
    }

    /** Drops a load file that is on its way. */
    public void forget() {
        request = null;
        received.reset();
        nextBlock = 0;
    }

    /** LOAD; answers 00, that no receipt comes (11.6.3.1). */
    public Answer load(Command command) {
        try {
            take(command);
        } catch (RuntimeException refused) {
            forget();
            throw refused;
        }
        return Answer.of(new byte[1]);
    }

    private void take(Command command) {
        if (request == null) {
            throw Refused.conditions(); // LOD-03
        }
        if (command.p2() != (nextBlock & 0xFF)) {
            throw Refused.wrongParameters(); // LOD-04
        }
        nextBlock++;
        received.writeBytes(command.data());
        byte[] content = content(received.toByteArray());
        if ((command.p1() & LAST) == 0) {
            return;
        }
        if (content == null) {
            throw Refused.malformed();
        }
        register(content);
        forget();
    }

    /**
     * What stands in C4.
     *
     * @return null while it is not all there
     */
    private byte[] content(byte[] stream) {
        if ((stream[0] & 0xFF) != LOAD_FILE_DATA_BLOCK) {
            throw Refused.malformed(); // a DAP block (E2) too: nobody can check it here
        }
        if (stream.length < 2) {
            return null;
        }
        int first = stream[1] & 0xFF;
        int lengthBytes = first < 0x80 ? 0 : first - 0x80;
        if (first == 0x80 || lengthBytes > 3) {
            throw Refused.malformed();
        }
        int start = 2 + lengthBytes;
        if (stream.length < start) {
            return null;
        }
        int length = first;
        if (lengthBytes > 0) {
            length = 0;
            for (int i = 2; i < start; i++) {
                length = length << 8 | (stream[i] & 0xFF);
            }
        }
        if (length > registry.loadFileRoom()) {
            throw Refused.noRoom(); // LOD-06
        }
        if (stream.length > start + length) {
            throw Refused.malformed();
        }
        return stream.length == start + length ? Arrays.copyOfRange(stream, start, stream.length) : null;
    }

    private void register(byte[] content) {
        if (request.hash().length != 0
                && !MessageDigest.isEqual(request.hash(), digest(request.hashAlgorithm(), content))) {
            throw Refused.malformed(); // LOD-05
        }
        CapFile file = CapFile.read(content);
        if (!Arrays.equals(file.aid(), request.aid())) {
            throw Refused.malformed(); // LOD-05
        }
        if (file.modules().size() > MODULES) {
            throw Refused.noRoom();
        }
        byte[][] modules = file.modules().toArray(byte[][]::new);
        registry.change(card -> card.add(file.aid(), file.version(), modules, content.length));
    }

    private static byte[] digest(String algorithm, byte[] data) {
        try {
            return MessageDigest.getInstance(algorithm).digest(data);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
