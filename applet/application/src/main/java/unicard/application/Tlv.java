package unicard.application;

import javacard.framework.Util;

/**
 * BER-TLV as ISO/IEC 7816-4, 5.2.2 has it, in its shortest form only: tags of one to three bytes, lengths of
 * one to three. Every offset is one of the array; {@code end} is the first behind what may be read.
 */
final class Tlv {
    /** Where something is malformed. */
    static final short NONE = -1;

    private static final byte MORE = (byte) 0x1F;
    private static final short LEAST_LONG_TAG = 0x1F;
    private static final short MOST_SHORT = 0x7F;
    private static final short LENGTH_OF_1 = 0x81;
    private static final short LENGTH_OF_2 = 0x82;

    private Tlv() {}

    /** The offset behind the tag at {@code at}; {@link #NONE} where there is no tag. */
    static short afterTag(byte[] data, short at, short end) {
        if (at >= end || data[at] == 0) {
            return NONE;
        }
        if ((byte) (data[at] & MORE) != MORE) {
            return (short) (at + 1);
        }
        short second = (short) (at + 1);
        if (second >= end || (short) (data[second] & 0xFF) < LEAST_LONG_TAG || data[second] == (byte) 0x80) {
            return NONE;
        }
        if (data[second] > 0) {
            return (short) (second + 1);
        }
        short third = (short) (second + 1);
        return third >= end || data[third] < 0 ? NONE : (short) (third + 1);
    }

    /** The number of the tag between two offsets; 0, which is none, where it has three bytes. */
    static short tag(byte[] data, short at, short after) {
        switch ((short) (after - at)) {
            case 1:
                return (short) (data[at] & 0xFF);
            case 2:
                return Util.getShort(data, at);
            default:
                return 0;
        }
    }

    /** The first byte of the value whose length stands at {@code at}; {@link #NONE} where it is malformed. */
    static short value(byte[] data, short at, short end) {
        short length = length(data, at, end);
        if (length < 0) {
            return NONE;
        }
        short start = (short) (at + lengthOfLength(length));
        return length > (short) (end - start) ? NONE : start;
    }

    /** The length that stands at {@code at}; {@link #NONE} where it is malformed. */
    static short length(byte[] data, short at, short end) {
        if (at >= end) {
            return NONE;
        }
        short first = (short) (data[at] & 0xFF);
        short left = (short) (end - at);
        short length = first;
        if (first == LENGTH_OF_1 && left > 1) {
            length = (short) (data[(short) (at + 1)] & 0xFF);
        } else if (first == LENGTH_OF_2 && left > 2) {
            length = Util.getShort(data, (short) (at + 1));
        } else if (first > MOST_SHORT) {
            return NONE;
        }
        short bytes = first > MOST_SHORT ? (short) (first - MOST_SHORT) : 1;
        return length >= 0 && lengthOfLength(length) == bytes ? length : NONE;
    }

    /** How many bytes a length takes. */
    static short lengthOfLength(short length) {
        if (length <= MOST_SHORT) {
            return 1;
        }
        return length <= 0xFF ? (short) 2 : (short) 3;
    }

    /** Writes a length; returns the offset behind it. */
    static short writeLength(byte[] target, short at, short length) {
        short bytes = lengthOfLength(length);
        if (bytes > 1) {
            target[at] = (byte) (MOST_SHORT + bytes);
        }
        if (bytes > 2) {
            target[(short) (at + 1)] = (byte) (length >> 8);
        }
        target[(short) (at + bytes - 1)] = (byte) length;
        return (short) (at + bytes);
    }
}
