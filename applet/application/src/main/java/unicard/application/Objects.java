package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** The data objects: GET DATA, GET DATA PART and PUT DATA (ISO/IEC 7816-4:2020, 11.4). */
final class Objects {
    private static final byte TAG_LIST = 0x5C;
    private static final byte OFFSET = 0x54;
    private static final byte TOTAL_LENGTH = (byte) 0x80;
    private static final byte PART = 0x53;

    /** Where a computed value is made: behind the head of an answer with a part of it. */
    private static final short COMPUTED_AT = 128;

    private final AccessRules rules;
    private final ObjectStore store;
    private final RoleKeys roleKeys;

    Objects(Persistent lasting, Transient ram, Session session, RoleKeys roleKeys) {
        rules = new AccessRules(session, ram);
        store = new ObjectStore(lasting);
        this.roleKeys = roleKeys;
    }

    /** Where the values lie, for those who store them. */
    ObjectStore store() {
        return store;
    }

    /** Whether the object, which is not computed, has a value. */
    boolean has(short tag) {
        return store.length(ObjectTable.find(tag), tag) != 0;
    }

    /** Copies the object's value, whatever its read rule; returns its length, 0 where it has none. */
    short copy(short tag, byte[] target, short offset) {
        short row = ObjectTable.find(tag);
        short length = store.length(row, tag);
        if (length != 0) {
            Util.arrayCopyNonAtomic(store.memory(), store.at(row, tag), target, offset, length);
        }
        return length;
    }

    /** GET DATA: command in the buffer, answer from offset 0; returns its length. */
    short getData(byte[] buffer, short length) {
        short tag = Util.getShort(buffer, ISO7816.OFFSET_P1);
        short row = readable(tag);
        if (ObjectTable.has(row, DataTables.OBJECT_FLAGS, DataTables.LONG)) {
            ISOException.throwIt(Contract.SW_FUNCTION_NOT_SUPPORTED);
        }
        if (isComputed(row)) {
            return found(roleKeys.list(buffer, (short) 0));
        }
        return found(copy(tag, buffer, (short) 0));
    }

    /** GET DATA PART: tag list, then offset; as {@link #getData}. */
    short getDataPart(byte[] buffer, short length) {
        short end = (short) (ISO7816.OFFSET_CDATA + length);
        short tagAt = valueOf(TAG_LIST, buffer, ISO7816.OFFSET_CDATA, end);
        short tagEnd = (short) (tagAt + Tlv.length(buffer, (short) (ISO7816.OFFSET_CDATA + 1), end));
        if (Tlv.afterTag(buffer, tagAt, tagEnd) != tagEnd || (short) (tagEnd - tagAt) > 2) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        short tag = Tlv.tag(buffer, tagAt, tagEnd);
        short offset = 0;
        if (tagEnd != end) {
            short offsetAt = valueOf(OFFSET, buffer, tagEnd, end);
            if (offsetAt != (short) (tagEnd + 2) || end != (short) (offsetAt + 2)) {
                ISOException.throwIt(Contract.SW_INCORRECT_DATA);
            }
            offset = Util.getShort(buffer, offsetAt);
        }
        short row = readable(tag);
        if (isComputed(row)) {
            short total = found(roleKeys.list(buffer, COMPUTED_AT));
            return part(buffer, COMPUTED_AT, total, offset, buffer);
        }
        short total = found(store.length(row, tag));
        return part(store.memory(), store.at(row, tag), total, offset, buffer);
    }

    /** PUT DATA: as {@link #getData}. */
    short putData(byte[] buffer, short length) {
        short tag = Util.getShort(buffer, ISO7816.OFFSET_P1);
        short row = known(tag);
        if (!rules.mayWrite(row)) {
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        if (!Formats.fits(row, buffer, ISO7816.OFFSET_CDATA, length)) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        boolean hasSlots = ObjectStore.hasSlots(row);
        if (hasSlots) {
            store.prepare(row, tag, (short) 0, buffer, ISO7816.OFFSET_CDATA, length);
            store.finish(row, tag, length);
        }
        JCSystem.beginTransaction();
        if (hasSlots) {
            store.choose(row, tag);
        } else {
            store.write(row, tag, buffer, ISO7816.OFFSET_CDATA, length);
        }
        JCSystem.commitTransaction();
        return 0;
    }

    /** Erases finger templates and their spare slots; at termination. */
    void eraseTemplates() {
        for (short row = 0; row < (short) DataTables.OBJECTS.length; row += DataTables.OBJECT_ROW) {
            if (ObjectTable.get(row, DataTables.OBJECT_FORMAT) == DataTables.FORMAT_FINGER) {
                short first = ObjectTable.get(row, DataTables.OBJECT_TAG);
                for (short i = 0; i < ObjectTable.get(row, DataTables.OBJECT_COUNT); i++) {
                    store.erase(row, (short) (first + i));
                }
            }
        }
    }

    private static boolean isComputed(short row) {
        return ObjectTable.has(row, DataTables.OBJECT_FLAGS, DataTables.COMPUTED);
    }

    private static short known(short tag) {
        short row = ObjectTable.find(tag);
        if (row == ObjectTable.NONE) {
            ISOException.throwIt(Contract.SW_REFERENCED_DATA_NOT_FOUND);
        }
        return row;
    }

    /** The rule comes before the question whether there is a value. */
    private short readable(short tag) {
        short row = known(tag);
        if (!rules.mayRead(row)) {
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        return row;
    }

    private static short found(short length) {
        if (length == 0) {
            ISOException.throwIt(Contract.SW_REFERENCED_DATA_NOT_FOUND);
        }
        return length;
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
    private static short part(byte[] source, short at, short total, short offset, byte[] buffer) {
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
