package unicard.application;

/** Whether bytes are a value that an object can hold, by its format in the contract. */
final class Formats {
    private static final short LAST_FINGER = 10;
    private static final short MINUTIA = 3;
    private static final byte SEQUENCE = 0x30;

    private Formats() {}

    /** Whether the bytes, whose length has been looked at too, are a value for the objects of this row. */
    static boolean fits(short row, byte[] data, short at, short length) {
        if (!ObjectTable.takesLength(row, length)) {
            return false;
        }
        switch (ObjectTable.get(row, DataTables.OBJECT_FORMAT)) {
            case DataTables.FORMAT_BITS:
                return (byte) (data[at] & ~ObjectTable.get(row, DataTables.OBJECT_DETAIL)) == 0;
            case DataTables.FORMAT_DATE_RANGE:
                return isRange(data, at);
            case DataTables.FORMAT_DER:
                return isSequence(data, at, length);
            case DataTables.FORMAT_FINGER:
                return isFinger(data, at, length);
            case DataTables.FORMAT_SERVICE:
                return ServiceRecords.isRecord(data, at, length);
            case DataTables.FORMAT_TEMPLATE:
                return isTemplate(row, data, at, (short) (at + length));
            default:
                return isPlain(ObjectTable.get(row, DataTables.OBJECT_FORMAT), data, at, length);
        }
    }

    /** Whether every half-byte is a decimal digit. */
    static boolean isDigits(byte[] data, short at, short length) {
        short end = (short) (at + length);
        for (short i = at; i < end; i++) {
            if ((short) (data[i] & 0x0F) > 9 || (short) (data[i] & 0xF0) > 0x90) {
                return false;
            }
        }
        return true;
    }

    /** Formats that objects and the fields of templates share. */
    private static boolean isPlain(short format, byte[] data, short at, short length) {
        switch (format) {
            case DataTables.FORMAT_BCD:
                return isDigits(data, at, length);
            case DataTables.FORMAT_DATE:
                return length == Dates.LENGTH && Dates.isDate(data, at);
            case DataTables.FORMAT_CARD_DATE:
                return length == Dates.LENGTH && Dates.isCardDate(data, at);
            case DataTables.FORMAT_UTF_8:
                return Utf8.isText(data, at, length);
            default:
                return format == DataTables.FORMAT_BYTES;
        }
    }

    private static boolean isRange(byte[] data, short at) {
        short second = (short) (at + Dates.LENGTH);
        return Dates.isDate(data, at) && Dates.isDate(data, second) && Dates.inOrder(data, at, second);
    }

    /** One SEQUENCE of DER and nothing behind it; what is in it is not looked at. */
    private static boolean isSequence(byte[] data, short at, short length) {
        short end = (short) (at + length);
        short value = (short) (at + 1);
        short start = Tlv.value(data, value, end);
        return data[at] == SEQUENCE
                && start != Tlv.NONE
                && Tlv.length(data, value, end) == (short) (end - start);
    }

    /** Finger position, then whole minutiae. */
    private static boolean isFinger(byte[] data, short at, short length) {
        return data[at] > 0 && data[at] <= LAST_FINGER && (short) ((short) (length - 1) % MINUTIA) == 0;
    }

    /** Objects one after the other: of the object's fields, each once at most, or any where it has none. */
    private static boolean isTemplate(short row, byte[] data, short at, short end) {
        short seen = 0;
        while (at < end) {
            short afterTag = Tlv.afterTag(data, at, end);
            short value = afterTag == Tlv.NONE ? Tlv.NONE : Tlv.value(data, afterTag, end);
            if (value == Tlv.NONE) {
                return false;
            }
            short length = Tlv.length(data, afterTag, end);
            if (ObjectTable.get(row, DataTables.OBJECT_FIELDS) != 0) {
                short bit = field(row, Tlv.tag(data, at, afterTag), data, value, length);
                if (bit == 0 || (short) (seen & bit) != 0) {
                    return false;
                }
                seen |= bit;
            }
            at = (short) (value + length);
        }
        return true;
    }

    /** A bit for the field of a template; 0 where it is none, or cannot hold the value. */
    private static short field(short row, short tag, byte[] data, short at, short length) {
        short first = ObjectTable.get(row, DataTables.OBJECT_DETAIL);
        for (short i = 0; i < ObjectTable.get(row, DataTables.OBJECT_FIELDS); i++) {
            short field = (short) ((short) (first + i) * DataTables.FIELD_ROW);
            if (fieldColumn(field, DataTables.FIELD_TAG) == tag) {
                boolean fits = length >= fieldColumn(field, DataTables.FIELD_LEAST)
                        && length <= fieldColumn(field, DataTables.FIELD_MOST)
                        && isField(fieldColumn(field, DataTables.FIELD_FORMAT), data, at, length);
                return fits ? (short) (1 << i) : 0;
            }
        }
        return 0;
    }

    private static short fieldColumn(short field, short column) {
        return DataTables.FIELDS[(short) (field + column)];
    }

    /** In a template an odd number of digits is padded with one half-byte F. */
    private static boolean isField(short format, byte[] data, short at, short length) {
        short last = (short) (at + length - 1);
        if (format == DataTables.FORMAT_BCD && (byte) (data[last] & 0x0F) == 0x0F) {
            return isDigits(data, at, (short) (length - 1)) && (short) (data[last] & 0xF0) <= 0x90;
        }
        return isPlain(format, data, at, length);
    }
}
