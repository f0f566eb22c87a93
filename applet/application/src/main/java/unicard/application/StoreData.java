package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/**
 * STORE DATA (EMV CPS 1.1, 2.2 and 4.3). A command is read to its end before anything is stored, then its
 * whole groupings are committed together, and what it has of an unfinished one is kept.
 */
final class StoreData {
    private static final byte LAST = (byte) 0x88;

    private final Persistent lasting;
    private final Transient ram;
    private final Session session;
    private final LifeCycle lifeCycle;
    private final Objects objects;
    private final CardKey cardKey;
    private final DgiContents contents;
    private final DgiBatch batch;
    private final DgiStream stream;

    StoreData(
            Persistent lasting,
            Transient ram,
            Session session,
            LifeCycle lifeCycle,
            Objects objects,
            Pin pin,
            CardKey cardKey,
            ReceiptKeys receiptKeys) {
        this.lasting = lasting;
        this.ram = ram;
        this.session = session;
        this.lifeCycle = lifeCycle;
        this.objects = objects;
        this.cardKey = cardKey;
        contents = new DgiContents(ram, session, objects, pin, receiptKeys);
        batch = new DgiBatch(ram);
        stream = new DgiStream(ram, objects.store());
    }

    /** STORE DATA: the command without its protection in the buffer; returns the answer's length, 0. */
    short store(byte[] buffer, short length) {
        boolean last = buffer[ISO7816.OFFSET_P1] == LAST;
        short block = (short) (buffer[ISO7816.OFFSET_P2] & 0xFF);
        if (block == 0) {
            stream.forget();
        } else if (!stream.isNext(block)) {
            ISOException.throwIt(Contract.SW_INCORRECT_P1_P2);
        }
        batch.clear();
        short end = (short) (ISO7816.OFFSET_CDATA + length);
        short rest = read(buffer, ISO7816.OFFSET_CDATA, end);
        if (last && !stream.isAtEnd()) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
        commit(buffer, last);
        if (last) {
            stream.forget();
            return 0;
        }
        if (stream.isInside()) {
            stream.keep(buffer, rest, (short) (end - rest));
        }
        stream.took(block);
        return 0;
    }

    /** Drops a stream that is not at its end; the caller does so after every refused STORE DATA. */
    void forget() {
        stream.forget();
    }

    /** Reads all groupings that end in the command; returns where the content of an unfinished one begins. */
    private short read(byte[] buffer, short at, short end) {
        while (at < end) {
            if (!stream.isInside()) {
                at = stream.readHeader(buffer, at, end);
                if (!stream.isInside()) {
                    return at;
                }
                checkHeader();
            }
            short missing = stream.missing();
            if (missing > (short) (end - at)) {
                return at;
            }
            complete(buffer, at, missing);
            stream.endContent();
            at += missing;
        }
        return at;
    }

    /** Refuses a grouping as soon as tag and length are known. */
    private void checkHeader() {
        short tag = stream.tag();
        short row = DgiTable.find(tag);
        if (row == DgiTable.NONE) {
            ISOException.throwIt(Contract.SW_REFERENCED_DATA_NOT_FOUND);
        }
        short states = DgiTable.get(row, DataTables.DGI_STATES);
        if ((short) (states & lifeCycle.stateBit()) == 0 || lacksAnchor(tag)) {
            ISOException.throwIt(Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
        }
        short length = stream.length();
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
        short tag = stream.tag();
        short row = DgiTable.find(tag);
        short length = stream.length();
        byte[] content = buffer;
        short place = at;
        if (stream.hasBegun()) {
            stream.keep(buffer, at, missing);
            content = ram.held;
            place = 0;
            if (DgiTable.hasSlots(row, tag)) {
                short object = DgiTable.object(row, tag, (short) 0);
                content = objects.store().memory();
                place = objects.store().spare(ObjectTable.find(object), object);
            }
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

    /** Writes all that came whole; with the last block of a blank card also that it is personalized. */
    private void commit(byte[] buffer, boolean last) {
        boolean personalizes = last && !lasting.personalized;
        if (batch.count() == 0 && !personalizes) {
            return;
        }
        for (short i = 0; i < batch.count(); i++) {
            contents.prepare(batch.tag(i), buffer, batch.place(i), batch.length(i));
        }
        JCSystem.beginTransaction();
        for (short i = 0; i < batch.count(); i++) {
            short place = batch.place(i);
            boolean isHeld = place == DgiBatch.HELD;
            contents.write(batch.tag(i), isHeld ? ram.held : buffer, isHeld ? 0 : place, batch.length(i));
        }
        if (personalizes) {
            if (!contents.areWhole() || !cardKey.exists()) {
                JCSystem.abortTransaction();
                contents.clean();
                ISOException.throwIt(Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
            }
            lasting.personalized = true;
        }
        JCSystem.commitTransaction();
        contents.clean();
        // What was held has been written, a PIN perhaps.
        stream.forgetHeld();
        if (personalizes) {
            session.closeAfterAnswer();
        }
    }
}
