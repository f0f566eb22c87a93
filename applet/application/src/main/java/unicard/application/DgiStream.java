package unicard.application;

import javacard.framework.Util;

/**
 * The stream of data groupings as far as it has come: the number of the next block, a header that is not
 * whole, and a content that is not. That lies in transient memory, or in the spare slot of its object.
 */
final class DgiStream {
    /** Elements of {@link Transient#stream}. */
    static final short MEMORY = 6;

    /** Most bytes of a header: tag 2, FF, length 2. */
    static final short HEADER = 5;

    private static final short NEXT = 0;
    private static final short HEADER_BYTES = 1;
    private static final short INSIDE = 2;
    private static final short TAG = 3;
    private static final short LENGTH = 4;
    private static final short DONE = 5;

    private static final byte LONG_LENGTH = (byte) 0xFF;
    private static final short SHORT_HEADER = 3;

    private final short[] state;
    private final byte[] header;
    private final byte[] held;
    private final ObjectStore store;

    DgiStream(Transient ram, ObjectStore store) {
        state = ram.stream;
        header = ram.header;
        held = ram.held;
        this.store = store;
    }

    /** Forgets everything; the next block is 00. */
    void forget() {
        for (short i = 0; i < MEMORY; i++) {
            state[i] = 0;
        }
        forgetHeld();
    }

    /** Forgets the content that was held. */
    void forgetHeld() {
        Util.arrayFillNonAtomic(held, (short) 0, DataTables.HELD, (byte) 0);
    }

    boolean isNext(short block) {
        return block == state[NEXT];
    }

    /** After block FF comes 00, which starts a stream. */
    void took(short block) {
        state[NEXT] = (short) ((short) (block + 1) & 0xFF);
    }

    /** Whether the stream stands where a grouping ended. */
    boolean isAtEnd() {
        return state[INSIDE] == 0 && state[HEADER_BYTES] == 0;
    }

    /** Whether a header is whole, and its content is not. */
    boolean isInside() {
        return state[INSIDE] != 0;
    }

    short tag() {
        return state[TAG];
    }

    /** Bytes of the content; negative where there are 8000 and more. */
    short length() {
        return state[LENGTH];
    }

    /** Bytes of the content that have not come. */
    short missing() {
        return (short) (state[LENGTH] - state[DONE]);
    }

    /** Whether a part of the content came with an earlier command. */
    boolean hasBegun() {
        return state[DONE] != 0;
    }

    /** Reads on in a header, which {@link #isInside} says is whole; returns the offset behind it. */
    short readHeader(byte[] buffer, short at, short end) {
        while (at < end && !isInside()) {
            header[state[HEADER_BYTES]] = buffer[at];
            at++;
            state[HEADER_BYTES]++;
            boolean isLong = state[HEADER_BYTES] >= SHORT_HEADER && header[2] == LONG_LENGTH;
            if (state[HEADER_BYTES] == (isLong ? HEADER : SHORT_HEADER)) {
                state[TAG] = Util.getShort(header, (short) 0);
                state[LENGTH] = isLong ? Util.getShort(header, (short) 3) : (short) (header[2] & 0xFF);
                state[DONE] = 0;
                state[HEADER_BYTES] = 0;
                state[INSIDE] = 1;
            }
        }
        return at;
    }

    /** Keeps the next bytes of the content. */
    void keep(byte[] buffer, short at, short length) {
        short row = DgiTable.find(tag());
        if (DgiTable.hasSlots(row, tag())) {
            short object = DgiTable.object(row, tag(), (short) 0);
            store.prepare(ObjectTable.find(object), object, state[DONE], buffer, at, length);
        } else {
            Util.arrayCopyNonAtomic(buffer, at, held, state[DONE], length);
        }
        state[DONE] += length;
    }

    /** The content is whole: a header comes next. */
    void endContent() {
        state[INSIDE] = 0;
    }
}
