package unicard.application;

import javacard.framework.ISOException;
import javacard.framework.Util;

/** What GET DATA PART asks for, a tag list and perhaps an offset, and the form of what it answers. */
final class ObjectParts {
    private static final byte TAG_LIST = 0x5C;
    private static final byte OFFSET = 0x54;
    private static final byte TOTAL_LENGTH = (byte) 0x80;
    private static final byte PART = 0x53;

    private ObjectParts() {}

    /** The one tag in the list; throws 6A80 where there is no such list. */
    static short tag(byte[] buffer, short at, short end) {
        short tagAt = valueOf(TAG_LIST, buffer, at, end);
        short tagEnd = endOfList(buffer, at, end);
        if (Tlv.afterTag(buffer, tagAt, tagEnd) != tagEnd || (short) (tagEnd - tagAt) > 2) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        return Tlv.tag(buffer, tagAt, tagEnd);
    }

    /** The offset behind a list that {@link #tag} has read; throws 6A80 where it is malformed. */
    static short offset(byte[] buffer, short at, short end) {
        short tagEnd = endOfList(buffer, at, end);
        if (tagEnd == end) {
            return 0;
        }
        short offsetAt = valueOf(OFFSET, buffer, tagEnd, end);
        if (offsetAt != (short) (tagEnd + 2) || end != (short) (offsetAt + 2)) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        return Util.getShort(buffer, offsetAt);
    }

    private static short endOfList(byte[] buffer, short at, short end) {
        short length = (short) (at + 1);
        return (short) (Tlv.value(buffer, length, end) + Tlv.length(buffer, length, end));
    }

    /** Where the value of the object begins that must stand at an offset. */
    private static short valueOf(byte tag, byte[] buffer, short at, short end) {
        short start = Tlv.NONE;
        if (at < end && buffer[at] == tag) {
            start = Tlv.value(buffer, (short) (at + 1), end);
        }
        if (start == Tlv.NONE) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        return start;
    }

    /** Writes the answer with the part of a value from an offset on; returns its length. */
    static short answer(byte[] source, short at, short total, short offset, byte[] buffer) {
        if (offset < 0 || offset >= total) {
            ISOException.throwIt(Contract.SW_OFFSET_OUTSIDE_THE_OBJECT);
        }
        short length = (short) (total - offset);
        if (length > Contract.LIMIT_OBJECT_PART) {
            length = Contract.LIMIT_OBJECT_PART;
        }
        buffer[0] = TOTAL_LENGTH;
        buffer[1] = 2;
        Util.setShort(buffer, (short) 2, total);
        buffer[4] = PART;
        short start = Tlv.writeLength(buffer, (short) 5, length);
        Util.arrayCopyNonAtomic(source, (short) (at + offset), buffer, start, length);
        return (short) (start + length);
    }
}
