package unicard.manager.content;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import unicard.runtime.StatusWordException;

/**
 * What the card reads of a load file: the components of a CAP file in compact format (Java Card VM
 * 3.0.5, 6).
 *
 * @param version of the package: major and minor, 2 bytes in one number
 * @param modules AIDs of its applets
 */
record CapFile(byte[] aid, int version, List<byte[]> modules) {
    private static final int MAGIC = 0xDECAFFED;
    private static final int HEADER = 1;
    private static final int APPLET = 3;
    private static final int DEBUG = 12;
    private static final int CUSTOM = 128;
    private static final int EXTENDED = 0x08;

    /**
     * Reads components: Header first, each of the standard ones at most once, those from 128 on as
     * they like.
     *
     * @throws StatusWordException 6A80 where this is no CAP file
     */
    static CapFile read(byte[] content) {
        Reader reader = new Reader(content);
        BitSet seen = new BitSet();
        CapFile header = null;
        List<byte[]> modules = List.of();
        do {
            int tag = reader.one();
            Reader component = new Reader(reader.bytes(reader.two()));
            check(tag, seen);
            if (tag == HEADER) {
                header = header(component);
            } else if (tag == APPLET) {
                modules = applets(component);
            }
        } while (!reader.atEnd());
        return new CapFile(header.aid, header.version, modules);
    }

    private static void check(int tag, BitSet seen) {
        boolean known = tag >= HEADER && tag <= DEBUG;
        boolean inPlace = (tag == HEADER) == seen.isEmpty();
        if ((!known && tag < CUSTOM) || !inPlace || (known && seen.get(tag))) {
            throw Refused.malformed();
        }
        seen.set(tag);
    }

    private static CapFile header(Reader header) {
        int magic = header.two() << 16 | header.two();
        header.bytes(2); // version of the CAP format, minor and major
        int flags = header.one();
        if (magic != MAGIC || (flags & EXTENDED) != 0) {
            throw Refused.malformed();
        }
        int minor = header.one();
        int major = header.one();
        byte[] aid = Aids.checked(header.lengthValue());
        if (!header.atEnd()) {
            header.lengthValue(); // the package's name
        }
        header.end();
        return new CapFile(aid, major << 8 | minor, List.of());
    }

    private static List<byte[]> applets(Reader component) {
        int count = component.one();
        List<byte[]> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] aid = Aids.checked(component.lengthValue());
            component.two(); // where install is
            if (found.stream().anyMatch(other -> Arrays.equals(other, aid))) {
                throw Refused.malformed();
            }
            found.add(aid);
        }
        component.end();
        if (count == 0) {
            throw Refused.malformed();
        }
        return found;
    }
}
