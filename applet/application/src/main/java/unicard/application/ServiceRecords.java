package unicard.application;

/** Whether bytes are a record of the service table: header, then the fields of its kind, nothing behind. */
final class ServiceRecords {
    private static final short LIMIT = 5;

    private ServiceRecords() {}

    static boolean isRecord(byte[] data, short at, short length) {
        if (length < DataTables.RECORD_HEADER || !isHeader(data, at)) {
            return false;
        }
        byte code = data[(short) (at + DataTables.AT_KIND)];
        for (short kind = 0; kind < (short) DataTables.KINDS.length; kind += DataTables.KIND_ROW) {
            if (DataTables.KINDS[(short) (kind + DataTables.KIND_CODE)] == (short) (code & 0xFF)) {
                short start = (short) (at + DataTables.RECORD_HEADER);
                return hasFields(kind, data, start, (short) (at + length));
            }
        }
        return false;
    }

    private static boolean isHeader(byte[] data, short at) {
        short rule = (short) (data[(short) (at + DataTables.AT_VERIFICATION)] & 0xFF);
        return (byte) (data[(short) (at + DataTables.AT_FLAGS)] & ~DataTables.ENABLED) == 0
                && rule < DataTables.VERIFICATION_RULES
                && isLabel(data, (short) (at + DataTables.AT_LABEL));
    }

    /** UTF-8, then 00 to its end; it may be empty. */
    private static boolean isLabel(byte[] data, short at) {
        short text = DataTables.LABEL;
        while (text > 0 && data[(short) (at + text - 1)] == 0) {
            text--;
        }
        for (short i = 0; i < text; i++) {
            if (data[(short) (at + i)] == 0) {
                return false;
            }
        }
        return Utf8.isText(data, at, text);
    }

    private static boolean hasFields(short kind, byte[] data, short at, short end) {
        short count = DataTables.KINDS[(short) (kind + DataTables.KIND_COUNT)];
        short field = (short) (DataTables.KINDS[(short) (kind + DataTables.KIND_FIRST)]
                * DataTables.RECORD_FIELD_ROW);
        for (; count > 0; count--) {
            short length = DataTables.RECORD_FIELDS[(short) (field + DataTables.RECORD_FIELD_LENGTH)];
            if (length > (short) (end - at)) {
                return false;
            }
            short check = DataTables.RECORD_FIELDS[(short) (field + DataTables.RECORD_FIELD_CHECK)];
            if (check == DataTables.CHECK_LIMITS) {
                // They are as many as their count says, and the record's last field.
                return areLimits(data, at, end);
            }
            if (!isField(check, data, at, length)) {
                return false;
            }
            at += length;
            field += DataTables.RECORD_FIELD_ROW;
        }
        return at == end;
    }

    private static boolean isField(short check, byte[] data, short at, short length) {
        switch (check) {
            case DataTables.CHECK_AMOUNT:
                return data[at] >= 0;
            case DataTables.CHECK_BCD:
                return Formats.isDigits(data, at, length);
            case DataTables.CHECK_DATE:
                return Dates.isDate(data, at);
            case DataTables.CHECK_LAST_DATE:
                return Dates.isDate(data, at) && Dates.inOrder(data, (short) (at - Dates.LENGTH), at);
            case DataTables.CHECK_PERIOD_KIND:
                return (short) (data[at] & 0xFF) < DataTables.PERIOD_KINDS;
            default:
                return true;
        }
    }

    /** A count, and so many times a role and an amount; no role twice. */
    private static boolean areLimits(byte[] data, short at, short end) {
        short count = (short) (data[at] & 0xFF);
        at++;
        if (count > DataTables.ROLE_LIMITS || (short) (end - at) != (short) (count * LIMIT)) {
            return false;
        }
        short seen = 0;
        for (; at < end; at += LIMIT) {
            if (data[at] < 0 || data[at] >= DataTables.ROLES || data[(short) (at + 1)] < 0) {
                return false;
            }
            short bit = (short) (1 << data[at]);
            if ((short) (seen & bit) != 0) {
                return false;
            }
            seen |= bit;
        }
        return true;
    }
}
