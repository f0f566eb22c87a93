package unicard.application;

import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.MessageDigest;

/** What whole data groupings may hold, and where it goes. */
final class DgiContents {
    private final Objects objects;
    private final Pin pin;
    private final ReceiptKeys receiptKeys;
    private final Secrets secrets;
    private final ObjectStore store;
    private final byte[] held;
    private final ServiceTable services;

    DgiContents(Transient ram, Session session, Objects objects, Pin pin, ReceiptKeys receiptKeys) {
        this.objects = objects;
        this.pin = pin;
        this.receiptKeys = receiptKeys;
        // For access from outside: the issuer's domain is selected when it hands a secret over.
        secrets =
                new Secrets(session, ram, MessageDigest.getInstance(MessageDigest.ALG_SHA_256, true));
        store = objects.store();
        held = ram.held;
        services = objects.services();
    }

    /** Throws 6A80 unless the content is one that the grouping can hold; decrypts a secret in its place. */
    void check(short tag, byte[] content, short at, short length, byte[] buffer) {
        short row = DgiTable.find(tag);
        boolean fits = DgiTable.isSecret(row)
                ? isSecret(row, tag, content, at, length, buffer)
                : isFields(row, tag, content, at, length);
        if (!fits) {
            ISOException.throwIt(Contract.SW_INCORRECT_DATA);
        }
    }

    /**
     * Puts a content that has been checked, and that no transaction can take, into its spare slot: what is
     * too long, and a key. At {@link DgiBatch#HELD} what is too long lies there already. Puts into a
     * service record what the card keeps of the one before it.
     */
    void prepare(short tag, byte[] buffer, short place, short length) {
        short row = DgiTable.find(tag);
        byte[] content = place == DgiBatch.HELD ? held : buffer;
        short at = place == DgiBatch.HELD ? 0 : place;
        if (tag == Contract.DGI_RECEIPT_KEY) {
            receiptKeys.prepare(content, at);
        }
        if (DgiTable.isSecret(row)) {
            return;
        }
        short object = DgiTable.object(row, tag, (short) 0);
        if (ServiceTable.isRecord(object)) {
            services.keep(object, content, at);
        }
        if (!DgiTable.hasSlots(row, tag)) {
            return;
        }
        short objectRow = ObjectTable.find(object);
        if (place != DgiBatch.HELD) {
            store.prepare(objectRow, object, (short) 0, buffer, place, length);
        }
        store.finish(objectRow, object, length);
    }

    /** Writes a content that has been checked and prepared; inside a transaction. */
    void write(short tag, byte[] content, short at, short length) {
        short row = DgiTable.find(tag);
        if (tag == Contract.DGI_RECEIPT_KEY) {
            receiptKeys.choose();
            return;
        }
        if (DgiTable.isSecret(row)) {
            pin.storeTransport(content, at);
            return;
        }
        for (short i = 0; i < DgiTable.parts(row); i++) {
            short object = DgiTable.object(row, tag, i);
            short objectRow = ObjectTable.find(object);
            short part = DgiTable.length(row, i, length);
            if (ObjectStore.hasSlots(objectRow)) {
                store.choose(objectRow, object);
            } else {
                store.write(objectRow, object, content, at, part);
            }
            at += part;
        }
    }

    /** Erases what no longer counts, or never came to; after the transaction, committed or aborted. */
    void clean() {
        receiptKeys.repair();
    }

    /** Whether the card has what the grouping brings. */
    boolean isStored(short row) {
        if (DgiTable.isSecret(row)) {
            boolean isKey = DgiTable.get(row, DataTables.DGI_TAG) == Contract.DGI_RECEIPT_KEY;
            return isKey ? receiptKeys.isThere() : pin.isStored();
        }
        for (short i = 0; i < DgiTable.parts(row); i++) {
            if (!objects.has(DgiTable.object(row, DgiTable.get(row, DataTables.DGI_TAG), i))) {
                return false;
            }
        }
        return true;
    }

    /** Whether the card holds these bytes as what the grouping brings. */
    boolean isStored(short tag, byte[] content, short at, short length) {
        short row = DgiTable.find(tag);
        for (short i = 0; i < DgiTable.parts(row); i++) {
            short object = DgiTable.object(row, tag, i);
            short objectRow = ObjectTable.find(object);
            short part = DgiTable.length(row, i, length);
            if (store.length(objectRow, object) != part
                    || Util.arrayCompare(store.memory(), store.at(objectRow, object), content, at, part) != 0) {
                return false;
            }
            at += part;
        }
        return true;
    }

    /** Whether the card has all that it is not personalized without, a finger or the exempt mark too. */
    boolean areWhole() {
        for (short row = 0; row < (short) DataTables.DGIS.length; row += DataTables.DGI_ROW) {
            if (DgiTable.get(row, DataTables.DGI_MANDATORY) != 0 && !isStored(row)) {
                return false;
            }
        }
        return objects.has(Contract.TAG_FINGER_TEMPLATE_1) || isExempt();
    }

    private boolean isExempt() {
        short tag = Contract.TAG_HOLDER_FLAGS;
        byte flags = store.memory()[store.at(ObjectTable.find(tag), tag)];
        return (byte) (flags & DataTables.FINGER_EXEMPT) != 0;
    }

    private boolean isFields(short row, short tag, byte[] content, short at, short length) {
        for (short i = 0; i < DgiTable.parts(row); i++) {
            short part = DgiTable.length(row, i, length);
            short object = DgiTable.object(row, tag, i);
            if (!Formats.fits(ObjectTable.find(object), content, at, part)) {
                return false;
            }
            if (ServiceTable.isRecord(object) && !services.takes(object, content, at)) {
                return false;
            }
            at += part;
        }
        return true;
    }

    /** A transport PIN, or version and key of a receipt key, which can be any bytes. */
    private boolean isSecret(
            short row, short tag, byte[] content, short at, short length, byte[] buffer) {
        short secret = DgiTable.get(row, DataTables.DGI_SECRET);
        return secrets.open(tag, secret, content, at, length, buffer)
                && (tag == Contract.DGI_RECEIPT_KEY || Pin.isBlock(content, at));
    }
}
