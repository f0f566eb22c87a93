package unicard.manager;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** Small pieces of byte strings and BER-TLV. */
final class Bytes {
    private Bytes() {}

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    /** Byte strings of numbers, each 0 to 255. */
    static byte[] of(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /** A number in {@code length} bytes, big-endian. */
    static byte[] number(long value, int length) {
        byte[] bytes = new byte[length];
        long rest = value;
        for (int at = length - 1; at >= 0; at--) {
            bytes[at] = (byte) rest;
            rest >>>= 8;
        }
        return bytes;
    }

    /** A data object of a tag of 1 or 2 bytes and a value of at most 255 bytes. */
    static byte[] tlv(int tag, byte[]... values) {
        byte[] value = join(values);
        byte[] head = tag > 0xFF ? of(tag >> 8, tag) : of(tag);
        byte[] length = value.length > 0x7F ? of(0x81, value.length) : of(value.length);
        return join(head, length, value);
    }

    static byte[] tail(byte[] bytes, int from) {
        return Arrays.copyOfRange(bytes, from, bytes.length);
    }
}
