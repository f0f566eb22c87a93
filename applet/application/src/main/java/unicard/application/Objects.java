package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** The data objects: GET DATA, GET DATA PART and PUT DATA (ISO/IEC 7816-4:2020, 11.4). */
final class Objects {
    /** Where a computed value is made: behind the head of an answer with a part of it. */
    private static final short COMPUTED_AT = 16;

    private final AccessRules rules;
    private final ObjectStore store;
    private final ServiceTable services;
    private final ComputedObjects computed;

    Objects(
            Persistent lasting,
            Transient ram,
            Session session,
            RoleKeys roleKeys,
            ReceiptKeys receiptKeys) {
        rules = new AccessRules(session, ram);
        store = new ObjectStore(lasting);
        services = new ServiceTable(lasting, store);
        computed = new ComputedObjects(lasting, roleKeys, receiptKeys, services);
    }

    /** Where the values lie, for those who store them. */
    ObjectStore store() {
        return store;
    }

    /** The service table, which is among them. */
    ServiceTable services() {
        return services;
    }

    /** Whether the object, which is not computed, has a value. */
    boolean has(short tag) {
        return store.length(ObjectTable.find(tag), tag) != 0;
    }

    /** Whether the object's read rule is met. */
    boolean mayRead(short tag) {
        return rules.mayRead(ObjectTable.find(tag));
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
            return found(computed.write(tag, buffer, (short) 0));
        }
        return found(copy(tag, buffer, (short) 0));
    }

    /** GET DATA PART: tag list, then offset; as {@link #getData}. */
    short getDataPart(byte[] buffer, short length) {
        short end = (short) (ISO7816.OFFSET_CDATA + length);
        short tag = ObjectParts.tag(buffer, ISO7816.OFFSET_CDATA, end);
        short offset = ObjectParts.offset(buffer, ISO7816.OFFSET_CDATA, end);
        short row = readable(tag);
        if (isComputed(row)) {
            short total = found(computed.write(tag, buffer, COMPUTED_AT));
            return ObjectParts.answer(buffer, COMPUTED_AT, total, offset, buffer);
        }
        short total = found(store.length(row, tag));
        return ObjectParts.answer(store.memory(), store.at(row, tag), total, offset, buffer);
    }

    /** PUT DATA: as {@link #getData}. */
    short putData(byte[] buffer, short length) {
        short tag = Util.getShort(buffer, ISO7816.OFFSET_P1);
        short row = known(tag);
        if (!rules.mayWrite(row)) {
            ISOException.throwIt(Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        }
        if (isComputed(row)) {
            services.setPeriod(tag, buffer, ISO7816.OFFSET_CDATA, length);
            return 0;
        }
        if (!Formats.fits(row, buffer, ISO7816.OFFSET_CDATA, length) || goesBack(row, tag, buffer)) {
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

    /** Whether this is a card date before the one that is there. */
    private boolean goesBack(short row, short tag, byte[] buffer) {
        return ObjectTable.get(row, DataTables.OBJECT_FORMAT) == DataTables.FORMAT_CARD_DATE
                && store.length(row, tag) != 0
                && Amounts.isAbove(
                        store.memory(), store.at(row, tag), buffer, ISO7816.OFFSET_CDATA);
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
}
