// Written by `unicard spec java` from applet_spec/data: change those files, not this one.
package unicard.application;

/** Data objects, data groupings and service records, as the contract has them. */
final class DataTables {
    // Formats of values.
    static final short FORMAT_BCD = 0;
    static final short FORMAT_BITS = 1;
    static final short FORMAT_BYTES = 2;
    static final short FORMAT_CARD_DATE = 3;
    static final short FORMAT_DATE = 4;
    static final short FORMAT_DATE_RANGE = 5;
    static final short FORMAT_DER = 6;
    static final short FORMAT_FINGER = 7;
    static final short FORMAT_SERVICE = 8;
    static final short FORMAT_SERVICE_PERIOD = 9;
    static final short FORMAT_TEMPLATE = 10;
    static final short FORMAT_UTF_8 = 11;

    // Conditions of access rules, any of which is enough; roles are beside them.
    static final short IF_ANYONE = 1;
    static final short IF_ISSUER = 2;
    static final short IF_PIN = 4;
    static final short IF_FINGER = 8;

    // Flags of objects.
    static final short LONG = 1;
    static final short COMPUTED = 2;

    static final short OBJECT_TAG = 0; // of the first
    static final short OBJECT_COUNT = 1; // objects with consecutive tags
    static final short OBJECT_LEAST = 2; // bytes of a value
    static final short OBJECT_MOST = 3; // bytes of a value
    static final short OBJECT_FORMAT = 4; // one of FORMAT_...
    static final short OBJECT_DETAIL = 5; // bits: the known ones; template: first row in FIELDS
    static final short OBJECT_FIELDS = 6; // template: rows of FIELDS, 0: any objects
    static final short OBJECT_FLAGS = 7; // LONG, COMPUTED
    static final short OBJECT_READ = 8; // conditions
    static final short OBJECT_READ_ROLES = 9; // bit n: role n
    static final short OBJECT_WRITE = 10; // conditions
    static final short OBJECT_WRITE_ROLES = 11; // bit n: role n
    static final short OBJECT_PLACE = 12; // of the first in the memory; -1: none
    static final short OBJECT_PAIR = 13; // of the first among those of two slots; -1: one place
    static final short OBJECT_ROW = 14;

    static final short[] OBJECTS = {
        0x005A, 1, 8, 8, 0, 0, 0, 0, 2, (short) 0xFFFF, 0, 0, 0, -1,
        0x0065, 1, 1, 240, 10, 0, 5, 1, 14, 64, 0, 0, 9, 0,
        0x7F21, 1, 1, 0x0280, 6, 0, 0, 1, 2, (short) 0xFFFF, 0, 0, 0x01ED, 1,
        0x7F60, 1, 1, 64, 10, 0, 0, 0, 1, 0, 0, 0, 0x06F1, -1,
        (short) 0xDF50, 1, 8, 8, 2, 0, 0, 0, 2, 0, 0, 0, 0x0732, -1,
        (short) 0xDF51, 1, 8, 8, 2, 0, 0, 0, 1, 0, 0, 0, 0x073B, -1,
        (short) 0xDF52, 1, 8, 8, 5, 0, 0, 0, 1, 0, 2, 0, 0x0744, -1,
        (short) 0xDF53, 1, 1, 1, 1, 3, 0, 0, 14, (short) 0xFFFF, 0, 0, 0x074D, -1,
        (short) 0xDF54, 1, 8, 8, 0, 0, 0, 0, 2, (short) 0xFFFF, 0, 0, 0x074F, -1,
        (short) 0xDF55, 1, 2, 64, 2, 0, 0, 2, 2, (short) 0xFFFF, 0, 0, -1, -1,
        (short) 0xDF56, 1, 9, 144, 2, 0, 0, 2, 14, (short) 0xFFFF, 0, 0, -1, -1,
        (short) 0xDF57, 1, 4, 4, 3, 0, 0, 0, 2, (short) 0xFFFF, 2, 1, 0x0758, -1,
        (short) 0xDF58, 1, 1, 1, 2, 0, 0, 2, 2, (short) 0xFFFF, 0, 0, -1, -1,
        (short) 0xDF59, 1, 1, 1, 2, 0, 0, 2, 14, 64, 0, 0, -1, -1,
        (short) 0xDF60, 16, 4, 4, 9, 0, 0, 2, 2, (short) 0xFFFF, 2, 1, -1, -1,
        (short) 0xDF21, 2, 4, 181, 7, 0, 0, 0, 0, 0, 0, 0, 0x075D, 2,
        (short) 0xDF30, 16, 32, 64, 8, 0, 0, 0, 14, (short) 0xFFFF, 0, 0, 0x0A39, -1,
    };

    // Bits of holder flags.
    static final short FINGER_EXEMPT = 1;
    static final short DELEGATE = 2;

    // Memory of values. One place: length 1, value. Two slots, each: length 2, value.
    static final short MEMORY = 0x0E49;
    static final short PAIRS = 4;

    static final short FIELD_TAG = 0;
    static final short FIELD_FORMAT = 1; // one of FORMAT_...
    static final short FIELD_LEAST = 2; // bytes
    static final short FIELD_MOST = 3;
    static final short FIELD_ROW = 4;

    static final short[] FIELDS = {
        0x5F20, 11, 1, 120,
        0x5F2B, 4, 4, 4,
        (short) 0xDF41, 0, 7, 7,
        (short) 0xDF42, 0, 1, 1,
        (short) 0xDF43, 0, 6, 6,
    };

    static final short DGI_TAG = 0; // of the first
    static final short DGI_COUNT = 1; // DGIs with consecutive tags
    static final short DGI_LEAST = 2; // bytes of content
    static final short DGI_MOST = 3; // bytes of content
    static final short DGI_SECRET = 4; // bytes of the secret inside; 0: in clear
    static final short DGI_MANDATORY = 5; // 1: a card is not personalized without it
    static final short DGI_STATES = 6; // bits of Contract.IN_...: taken in these states
    static final short DGI_PARTS = 7; // first row in PARTS
    static final short DGI_PARTS_COUNT = 8; // rows in PARTS
    static final short DGI_ROW = 9;

    static final short[] DGIS = {
        0x0101, 1, 24, 24, 0, 1, 1, 0, 3,
        0x0102, 1, 1, 240, 0, 1, 15, 3, 1,
        0x0103, 1, 8, 8, 0, 1, 1, 4, 1,
        0x0104, 1, 9, 9, 0, 1, 1, 5, 2,
        0x0201, 1, 1, 0x0280, 0, 1, 15, 7, 1,
        0x0301, 2, 4, 181, 0, 0, 15, 8, 1,
        0x0303, 1, 1, 64, 0, 0, 15, 9, 1,
        0x0400, 16, 32, 64, 0, 0, 15, 10, 1,
        (short) 0x8010, 1, 16, 16, 8, 1, 1, 11, 0,
        (short) 0x8401, 1, 32, 32, 17, 1, 15, 11, 0,
    };

    static final short PART_TAG = 0; // object of the first DGI
    static final short PART_LENGTH = 1; // bytes; 0: the whole content
    static final short PART_ROW = 2;

    static final short[] PARTS = {
        0x005A, 8,
        (short) 0xDF50, 8,
        (short) 0xDF51, 8,
        0x0065, 0,
        (short) 0xDF52, 0,
        (short) 0xDF53, 1,
        (short) 0xDF54, 8,
        0x7F21, 0,
        (short) 0xDF21, 0,
        0x7F60, 0,
        (short) 0xDF30, 0,
    };

    // Most bytes of a DGI without two slots.
    static final short HELD = 64;

    // How many DGIs there are.
    static final short DGIS_IN_ALL = 26;

    // Check value of a secret.
    static final short SECRET_CHECK = 4;

    // Header of a service record: where each field begins.
    static final short AT_ID = 0;
    static final short AT_KIND = 1;
    static final short AT_FLAGS = 2;
    static final short AT_VERIFICATION = 3;
    static final short AT_DEBIT_ROLES = 4;
    static final short AT_CREDIT_ROLES = 6;
    static final short AT_LABEL = 8;

    // Service records.
    static final short RECORD_HEADER = 20;
    static final short LABEL = 12;
    static final short ENABLED = 128;
    static final short VERIFICATION_RULES = 5;
    static final short PERIOD_KINDS = 3;
    static final short ROLE_LIMITS = 5;
    static final short ROLES = 16;

    // What is looked at in a field of a record.
    static final short CHECK_ANY = 0;
    static final short CHECK_AMOUNT = 1;
    static final short CHECK_BCD = 2;
    static final short CHECK_DATE = 3;
    static final short CHECK_LAST_DATE = 4;
    static final short CHECK_PERIOD_KIND = 5;
    static final short CHECK_LIMITS = 6;

    static final short KIND_CODE = 0;
    static final short KIND_FIRST = 1; // row in RECORD_FIELDS
    static final short KIND_COUNT = 2; // rows
    static final short KIND_ROW = 3;

    static final short[] KINDS = {
        1, 0, 6,
        2, 6, 7,
        3, 13, 4,
    };

    static final short RECORD_FIELD_CHECK = 0; // one of CHECK_...
    static final short RECORD_FIELD_LENGTH = 1; // bytes
    static final short RECORD_FIELD_ROW = 2;

    static final short[] RECORD_FIELDS = {
        2, 2,
        1, 4,
        1, 4,
        1, 4,
        1, 4,
        6, 1,
        1, 4,
        5, 1,
        1, 4,
        1, 4,
        0, 2,
        0, 2,
        1, 4,
        3, 4,
        4, 4,
        0, 1,
        0, 3,
    };

    private DataTables() {}
}
