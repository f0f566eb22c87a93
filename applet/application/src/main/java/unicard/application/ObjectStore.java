package unicard.application;

import javacard.framework.Util;

/**
 * Where the values of objects lie. A short value has one place and is written inside a transaction. A long
 * one has two slots: it is copied into the one that is not chosen, which nobody reads, and then chosen by
 * one byte inside a transaction. A place is its length (one byte, in a slot two), then the value.
 */
final class ObjectStore {
    private static final short SLOTS = 2;
    private static final short SLOT_LENGTH = 2;

    private final byte[] memory;

    /** For each object of two slots: 0 where it has no value, else the number of its slot, from 1. */
    private final byte[] chosen;

    ObjectStore(Persistent lasting) {
        memory = lasting.objects;
        chosen = lasting.chosenSlots;
    }

    /** The bytes that {@link #at} points into; only to be read. */
    byte[] memory() {
        return memory;
    }

    /** Bytes of the object's value; 0 where it has none. The row is the tag's. */
    short length(short row, short tag) {
        if (!hasSlots(row)) {
            return (short) (memory[place(row, tag)] & 0xFF);
        }
        byte slot = chosen[pair(row, tag)];
        return slot == 0 ? 0 : Util.getShort(memory, slot(row, tag, slot));
    }

    /** Where the object's value begins in the memory. */
    short at(short row, short tag) {
        if (!hasSlots(row)) {
            return (short) (place(row, tag) + 1);
        }
        return (short) (slot(row, tag, chosen[pair(row, tag)]) + SLOT_LENGTH);
    }

    /** Whether values of these objects go to slots. */
    static boolean hasSlots(short row) {
        return ObjectTable.get(row, DataTables.OBJECT_PAIR) >= 0;
    }

    /** Writes the value of an object of one place; inside a transaction. */
    void write(short row, short tag, byte[] source, short from, short length) {
        short place = place(row, tag);
        memory[place] = (byte) length;
        Util.arrayCopy(source, from, memory, (short) (place + 1), length);
    }

    /** Writes a part of a value, which begins at an offset of the memory, where it differs; inside a transaction. */
    void change(short at, byte[] source, short from, short length) {
        if (Util.arrayCompare(memory, at, source, from, length) != 0) {
            Util.arrayCopy(source, from, memory, at, length);
        }
    }

    /** Copies a part of a long value, which begins at an offset of the value, into the spare slot. */
    void prepare(short row, short tag, short offset, byte[] source, short from, short length) {
        Util.arrayCopyNonAtomic(source, from, memory, (short) (spare(row, tag) + offset), length);
    }

    /** Where the value in the spare slot begins. */
    short spare(short row, short tag) {
        return (short) (slot(row, tag, other(row, tag)) + SLOT_LENGTH);
    }

    /** Says how long the value in the spare slot is; outside a transaction, which then need not hold it. */
    void finish(short row, short tag, short length) {
        Util.setShort(memory, slot(row, tag, other(row, tag)), length);
    }

    /** Makes the spare slot the object's; inside a transaction. */
    void choose(short row, short tag) {
        chosen[pair(row, tag)] = other(row, tag);
    }

    /** Erases both slots of an object: not chosen first, so that no half of a value is ever read. */
    void erase(short row, short tag) {
        short pair = pair(row, tag);
        if (chosen[pair] != 0) {
            chosen[pair] = 0;
        }
        short place = slot(row, tag, (byte) 1);
        short end = slot(row, tag, (byte) (SLOTS + 1));
        for (short i = place; i < end; i++) {
            if (memory[i] != 0) {
                Util.arrayFillNonAtomic(memory, i, (short) (end - i), (byte) 0);
                return;
            }
        }
    }

    private byte other(short row, short tag) {
        return chosen[pair(row, tag)] == 1 ? (byte) 2 : (byte) 1;
    }

    private static short further(short row, short tag) {
        return (short) (tag - ObjectTable.get(row, DataTables.OBJECT_TAG));
    }

    private static short pair(short row, short tag) {
        return (short) (ObjectTable.get(row, DataTables.OBJECT_PAIR) + further(row, tag));
    }

    private static short place(short row, short tag) {
        short length = (short) (ObjectTable.get(row, DataTables.OBJECT_MOST) + 1);
        return (short) (ObjectTable.get(row, DataTables.OBJECT_PLACE) + further(row, tag) * length);
    }

    private static short slot(short row, short tag, byte number) {
        short length = (short) (ObjectTable.get(row, DataTables.OBJECT_MOST) + SLOT_LENGTH);
        short before = (short) (further(row, tag) * SLOTS + number - 1);
        return (short) (ObjectTable.get(row, DataTables.OBJECT_PLACE) + before * length);
    }
}
