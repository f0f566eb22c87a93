package unicard.manager.content;

import java.util.Arrays;
import unicard.runtime.StatusWordException;

/** Reads bytes from front to back; what is not there is refused with 6A80. */
final class Reader {
    private static final int LONG_LENGTH = 0x80;

    private final byte[] data;
    private int at;

    Reader(byte[] data) {
        this.data = data;
    }

    boolean atEnd() {
        return at == data.length;
    }

    /** Refuses what is left. */
    void end() {
        if (!atEnd()) {
            throw Refused.malformed();
        }
    }

    /** One byte, unsigned. */
    int one() {
        return bytes(1)[0] & 0xFF;
    }

    /** Two bytes, unsigned. */
    int two() {
        return one() << 8 | one();
    }

    byte[] bytes(int length) {
        if (length > data.length - at) {
            throw Refused.malformed();
        }
        at += length;
        return Arrays.copyOfRange(data, at - length, at);
    }

    /** A value behind its length byte. */
    byte[] lengthValue() {
        return bytes(one());
    }

    /** A value behind its length, which is one byte up to 7F, and 81 and one byte from 80 on. */
    byte[] field() {
        int length = one();
        if (length > LONG_LENGTH + 1 || length == LONG_LENGTH) {
            throw Refused.malformed();
        }
        return bytes(length > LONG_LENGTH ? one() : length);
    }

    /** The value of a data object: as {@link #field}, and its length must be in its shortest form. */
    byte[] value() {
        boolean isLong = at < data.length && (data[at] & 0xFF) > LONG_LENGTH;
        byte[] value = field();
        if (isLong && value.length < LONG_LENGTH) {
            throw Refused.malformed();
        }
        return value;
    }

    /**
     * An AID behind its length.
     *
     * @throws StatusWordException 6A80 also where it has not 5 to 16 bytes
     */
    byte[] aid() {
        return Aids.checked(field());
    }

    /**
     * A tag of one to three bytes in its shortest form, as one number (ISO/IEC 8825-1, 8.1.2); 00 begins
     * none.
     */
    int tag() {
        int tag = one();
        if (tag == 0) {
            throw Refused.malformed();
        }
        if ((tag & 0x1F) == 0x1F) {
            if (at < data.length && ((data[at] & 0xFF) == 0x80 || (data[at] & 0xFF) < 0x1F)) {
                throw Refused.malformed();
            }
            do {
                tag = tag << 8 | one();
            } while ((tag & 0x80) != 0 && tag < 0x10000);
            if ((tag & 0x80) != 0) {
                throw Refused.malformed();
            }
        }
        return tag;
    }
}
