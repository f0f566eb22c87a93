package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/**
 * STORE DATA: the stream of data groupings (EMV CPS 1.1, 2.2 and 4.3) and what becomes of it. A command is
 * read to its end before anything is written, then its whole groupings are committed together, and what
 * it has of an unfinished one is kept: in transient memory, or in the spare slot of its object.
 */
final class StoreData {
    /** Elements of {@link Transient#stream}: the number of the next block, and the grouping that is coming. */
    static final short MEMORY = 6;

    /** Most bytes of a header: tag 2, FF, length 2. */
    static final short HEADER = 5;

    private static final short NEXT = 0;
    private static final short HEADER_BYTES = 1;
    private static final short INSIDE = 2;
    private static final short TAG = 3;
    private static final short LENGTH = 4;
    private static final short DONE = 5;

    private static final byte LAST = (byte) 0x88;
    private static final byte LONG_LENGTH = (byte) 0xFF;
    private static final short SHORT_HEADER = 3;

    private final Persistent lasting;
    private final Transient ram;
    private final Session session;
    private final LifeCycle lifeCycle;
    private final Objects objects;
    private final CardKey cardKey;
    private final DgiContents contents;
    private final DgiBatch batch;
    private final short[] stream;

    StoreData(
            Persistent lasting,
            Transient ram,
            Session session,
            LifeCycle lifeCycle,
            Objects objects,
            Pin pin,
            CardKey cardKey) {
        this.lasting = lasting;
        this.ram = ram;
        this.session = session;
        this.lifeCycle = lifeCycle;
        this.objects = objects;
        this.cardKey = cardKey;
        contents = new DgiContents(ram, session, objects, pin);
        batch = new DgiBatch(ram);
        stream = ram.stream;
    }

    /** STORE DATA: the command without its protection in the buffer; returns the answer's length, 0. */
    short store(byte[] buffer, short length) {
        boolean last = buffer[ISO7816.OFFSET_P1] == LAST;
        short block = (short) (buffer[ISO7816.OFFSET_P2] & 0xFF);
        if (block == 0) {
            forget();
        } else if (block != stream[NEXT]) {
            ISOException.throwIt(Contract.SW_INCORRECT_P1_P2);
        }
        batch.clear();
        short end = (short) (ISO7816.OFFSET_CDATA + length);
        short rest = read(buffer, ISO7816.OFFSET_CDATA, end);
        if (last && (stream[INSIDE] != 0 || stream[HEADER_BYTES] != 0)) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        commit(buffer, last);
        if (last) {
            forget();
            return 0;
        }
        if (stream[INSIDE] != 0) {
            keep(buffer, rest, (short) (end - rest));
        }
        stream[NEXT] = (short) ((short) (block + 1) & 0xFF);
        return 0;
    }

    /** Drops a stream that is not at its end; the caller does so after every refused STORE DATA. */
    void forget() {
        for (short i = 0; i < MEMORY; i++) {
            stream[i] = 0;
        }
        Util.arrayFillNonAtomic(ram.held, (short) 0, DataTables.HELD, (byte) 0);
    }

    /** Reads all groupings that end in the command; returns where the content of an unfinished one begins. */
    private short read(byte[] buffer, short at, short end) {
        while (at < end) {
            if (stream[INSIDE] == 0) {
                at = readHeader(buffer, at, end);
                if (stream[INSIDE] == 0) {
                    return at;
                }
                checkHeader();
            }
            short missing = (short) (stream[LENGTH] - stream[DONE]);
            if (missing > (short) (end - at)) {
                return at;
            }
            complete(buffer, at, missing);
            at += missing;
            stream[INSIDE] = 0;
        }
        return at;
    }

    /** Reads on in a header that may have begun in the command before; INSIDE says that it is whole. */
    private short readHeader(byte[] buffer, short at, short end) {
        byte[] header = ram.header;
        while (at < end && stream[INSIDE] == 0) {
            header[stream[HEADER_BYTES]] = buffer[at];
            at++;
            stream[HEADER_BYTES]++;
            boolean isLong = stream[HEADER_BYTES] >= SHORT_HEADER && header[2] == LONG_LENGTH;
            if (stream[HEADER_BYTES] == (isLong ? HEADER : SHORT_HEADER)) {
                stream[TAG] = Util.getShort(header, (short) 0);
                stream[LENGTH] = isLong ? Util.getShort(header, (short) 3) : (short) (header[2] & 0xFF);
                stream[DONE] = 0;
                stream[HEADER_BYTES] = 0;
                stream[INSIDE] = 1;
            }
        }
        return at;
    }

    /** Refuses a grouping as soon as tag and length are known. */
    private void checkHeader() {
        short tag = stream[TAG];
        short row = DgiTable.find(tag);
        if (row == DgiTable.NONE) {
            ISOException.throwIt(Contract.SW_REFERENCED_DATA_NOT_FOUND);
        }
        short states = DgiTable.get(row, DataTables.DGI_STATES);
        if ((short) (states & lifeCycle.stateBit()) == 0 || lacksAnchor(tag)) {
            ISOException.throwIt(Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
        }
        short length = stream[LENGTH];
        // Negative: 8000 bytes and more.
        if (length < 0 || length > DgiTable.get(row, DataTables.DGI_MOST)) {
            ISOException.throwIt(Contract.SW_NOT_ENOUGH_MEMORY);
        }
        if (length < DgiTable.get(row, DataTables.DGI_LEAST)) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
    }

    /** A blank card takes nothing before its anchor. */
    private boolean lacksAnchor(short tag) {
        return tag != Contract.DGI_ANCHOR && !hasAnchor() && batch.find(Contract.DGI_ANCHOR) < 0;
    }

    private boolean hasAnchor() {
        return contents.isStored(DgiTable.find(Contract.DGI_ANCHOR));
    }

    /** Takes in a grouping whose last bytes, so many, stand in the command. */
    private void complete(byte[] buffer, short at, short missing) {
        short tag = stream[TAG];
        short row = DgiTable.find(tag);
        short length = stream[LENGTH];
        byte[] content = buffer;
        short place = at;
        if (DgiTable.hasSlots(row, tag)) {
            keep(buffer, at, missing);
            short object = DgiTable.object(row, tag, (short) 0);
            short objectRow = ObjectTable.find(object);
            objects.store().finish(objectRow, object, length);
            content = objects.store().memory();
            place = objects.store().spare(objectRow, object);
        } else if (stream[DONE] != 0) {
            keep(buffer, at, missing);
            content = ram.held;
            place = 0;
        }
        if (tag == Contract.DGI_ANCHOR) {
            checkAnchor(content, place, length, buffer);
        }
        contents.check(tag, content, place, length, buffer);
        batch.put(tag, content == buffer ? place : DgiBatch.HELD, length);
    }

    /** Once there is an anchor, in the card or earlier in the command, it is only repeated. */
    private void checkAnchor(byte[] content, short at, short length, byte[] buffer) {
        short earlier = batch.find(Contract.DGI_ANCHOR);
        boolean same = true;
        if (hasAnchor()) {
            same = contents.isStored(Contract.DGI_ANCHOR, content, at, length);
        } else if (earlier >= 0) {
            short place = batch.place(earlier);
            boolean isHeld = place == DgiBatch.HELD;
            byte[] first = isHeld ? ram.held : buffer;
            same = Util.arrayCompare(first, isHeld ? 0 : place, content, at, length) == 0;
        }
        if (!same) {
            ISOException.throwIt(Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
        }
    }

    /** Keeps a part of the content of the grouping that is coming. */
    private void keep(byte[] buffer, short at, short length) {
        short tag = stream[TAG];
        short row = DgiTable.find(tag);
        if (DgiTable.hasSlots(row, tag)) {
            short object = DgiTable.object(row, tag, (short) 0);
            objects.store().prepare(ObjectTable.find(object), object, stream[DONE], buffer, at, length);
        } else {
            Util.arrayCopyNonAtomic(buffer, at, ram.held, stream[DONE], length);
        }
        stream[DONE] += length;
    }

    /** Writes all that came whole; with the last block of a blank card also that it is personalized. */
    private void commit(byte[] buffer, boolean last) {
        boolean personalizes = last && !lasting.personalized;
        if (batch.count() == 0 && !personalizes) {
            return;
        }
        JCSystem.beginTransaction();
        for (short i = 0; i < batch.count(); i++) {
            short place = batch.place(i);
            boolean isHeld = place == DgiBatch.HELD;
            contents.write(batch.tag(i), isHeld ? ram.held : buffer, isHeld ? 0 : place, batch.length(i));
        }
        if (personalizes) {
            if (!isWhole()) {
                JCSystem.abortTransaction();
                ISOException.throwIt(Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
            }
            lasting.personalized = true;
        }
        JCSystem.commitTransaction();
        // What was held has been written, a PIN perhaps.
        Util.arrayFillNonAtomic(ram.held, (short) 0, DataTables.HELD, (byte) 0);
        if (personalizes) {
            session.closeAfterAnswer();
        }
    }

    /** Whether everything is there that a personalized card must have. */
    private boolean isWhole() {
        for (short row = 0; row < (short) DataTables.DGIS.length; row += DataTables.DGI_ROW) {
            if (DgiTable.get(row, DataTables.DGI_MANDATORY) != 0 && !contents.isStored(row)) {
                return false;
            }
        }
        return cardKey.exists() && (objects.has(Contract.TAG_FINGER_TEMPLATE_1) || isExempt());
    }

    private boolean isExempt() {
        short tag = Contract.TAG_HOLDER_FLAGS;
        byte flags = objects.store().memory()[objects.store().at(ObjectTable.find(tag), tag)];
        return (byte) (flags & DataTables.FINGER_EXEMPT) != 0;
    }
}
