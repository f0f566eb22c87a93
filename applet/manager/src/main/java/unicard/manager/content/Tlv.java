package unicard.manager.content;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** A data object: tag, length, value (ISO/IEC 8825-1; lengths of one or two bytes). */
record Tlv(int tag, byte[] value) {
    /** Reads objects that stand one behind the other; what is none is refused with 6A80. */
    static List<Tlv> readAll(byte[] data) {
        Reader reader = new Reader(data);
        List<Tlv> found = new ArrayList<>();
        while (!reader.atEnd()) {
            int tag = reader.tag();
            found.add(new Tlv(tag, reader.value()));
        }
        return found;
    }

    /** Tag, length and value. The value has at most 255 bytes. */
    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int shift = 16; shift >= 0; shift -= 8) {
            if (tag >> shift != 0) {
                out.write(tag >> shift);
            }
        }
        if (value.length >= 0x80) {
            out.write(0x81);
        }
        out.write(value.length);
        out.writeBytes(value);
        return out.toByteArray();
    }
}
