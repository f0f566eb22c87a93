// Written by `unicard spec java` from applet_spec/data: change those files, not this one.
package unicard.application;

/** What the contract, profile version 1.0, says of the application. */
final class Contract {
    static final byte MAJOR = 1;
    static final byte MINOR = 0;

    // Status words; the last digit of NOT_VERIFIED counts tries.
    static final short SW_SUCCESS = (short) 0x9000;
    static final short SW_SELECTED_BUT_LOCKED = (short) 0x6283;
    static final short SW_SELECTED_BUT_TERMINATED = (short) 0x6285;
    static final short SW_AUTHENTICATION_FAILED = (short) 0x6300;
    static final short SW_MORE_DATA_AVAILABLE = (short) 0x6310;
    static final short SW_NOT_VERIFIED = (short) 0x63C0;
    static final short SW_MEMORY_FAILURE = (short) 0x6581;
    static final short SW_WRONG_LENGTH = (short) 0x6700;
    static final short SW_LOGICAL_CHANNEL_NOT_SUPPORTED = (short) 0x6881;
    static final short SW_SECURE_MESSAGING_NOT_SUPPORTED = (short) 0x6882;
    static final short SW_COMMAND_CHAINING_NOT_SUPPORTED = (short) 0x6884;
    static final short SW_SECURITY_STATUS_NOT_SATISFIED = (short) 0x6982;
    static final short SW_AUTHENTICATION_METHOD_BLOCKED = (short) 0x6983;
    static final short SW_REFERENCE_DATA_NOT_USABLE = (short) 0x6984;
    static final short SW_CONDITIONS_OF_USE_NOT_SATISFIED = (short) 0x6985;
    static final short SW_INCORRECT_SECURE_MESSAGING_DATA_OBJECTS = (short) 0x6988;
    static final short SW_INCORRECT_DATA = (short) 0x6A80;
    static final short SW_FUNCTION_NOT_SUPPORTED = (short) 0x6A81;
    static final short SW_APPLICATION_NOT_FOUND = (short) 0x6A82;
    static final short SW_RECORD_NOT_FOUND = (short) 0x6A83;
    static final short SW_NOT_ENOUGH_MEMORY = (short) 0x6A84;
    static final short SW_INCORRECT_P1_P2 = (short) 0x6A86;
    static final short SW_REFERENCED_DATA_NOT_FOUND = (short) 0x6A88;
    static final short SW_OFFSET_OUTSIDE_THE_OBJECT = (short) 0x6B00;
    static final short SW_INSTRUCTION_NOT_SUPPORTED = (short) 0x6D00;
    static final short SW_CLASS_NOT_SUPPORTED = (short) 0x6E00;
    static final short SW_NO_PRECISE_DIAGNOSIS = (short) 0x6F00;
    static final short SW_BALANCE_TOO_SMALL = (short) 0x9401;
    static final short SW_CEILING_EXCEEDED = (short) 0x9402;
    static final short SW_TRANSACTION_LIMIT_EXCEEDED = (short) 0x9403;
    static final short SW_DEBIT_LIMIT_EXCEEDED = (short) 0x9404;
    static final short SW_VERIFICATION_REQUIRED = (short) 0x9405;
    static final short SW_PERIOD_IS_PAST = (short) 0x9406;
    static final short SW_PERIOD_BEYOND_THE_HORIZON = (short) 0x9407;
    static final short SW_NOT_VALID_ON_THIS_DATE = (short) 0x9408;
    static final short SW_SERVICE_DISABLED = (short) 0x9409;
    static final short SW_NAME_USED_BEFORE = (short) 0x9481;
    static final short SW_CARD_TRANSACTION_NUMBER_NOT_CURRENT = (short) 0x9482;

    // Instructions.
    static final byte INS_SELECT = (byte) 0xA4;
    static final byte INS_GET_DATA = (byte) 0xCA;
    static final byte INS_GET_DATA_PART = (byte) 0xCB;
    static final byte INS_PUT_DATA = (byte) 0xDA;
    static final byte INS_VERIFY = (byte) 0x20;
    static final byte INS_CHANGE_REFERENCE_DATA = (byte) 0x24;
    static final byte INS_RESET_RETRY_COUNTER = (byte) 0x2C;
    static final byte INS_INTERNAL_AUTHENTICATE = (byte) 0x88;
    static final byte INS_INITIALIZE_UPDATE = (byte) 0x50;
    static final byte INS_EXTERNAL_AUTHENTICATE = (byte) 0x82;
    static final byte INS_GENERATE_ASYMMETRIC_KEY_PAIR = (byte) 0x46;
    static final byte INS_STORE_DATA = (byte) 0xE2;
    static final byte INS_PUT_KEY = (byte) 0xD8;
    static final byte INS_DELETE_KEY = (byte) 0xE4;
    static final byte INS_PERFORM_TRANSACTION = (byte) 0x40;
    static final byte INS_READ_RECORD = (byte) 0xB2;
    static final byte INS_SET_STATUS = (byte) 0xF0;

    // Data objects; of objects in a row the first.
    static final short TAG_CARD_NUMBER = (short) 0x005A;
    static final short TAG_CARDHOLDER_DATA = (short) 0x0065;
    static final short TAG_CARD_CERTIFICATE = (short) 0x7F21;
    static final short TAG_BIOMETRIC_INFORMATION_TEMPLATE = (short) 0x7F60;
    static final short TAG_BATCH_ID = (short) 0xDF50;
    static final short TAG_CARD_SERIAL = (short) 0xDF51;
    static final short TAG_VALIDITY = (short) 0xDF52;
    static final short TAG_HOLDER_FLAGS = (short) 0xDF53;
    static final short TAG_REPLACED_CARD_NUMBER = (short) 0xDF54;
    static final short TAG_ROLE_KEY_SETS = (short) 0xDF55;
    static final short TAG_PURSE_COUNTERS = (short) 0xDF56;
    static final short TAG_CARD_DATE = (short) 0xDF57;
    static final short TAG_RECEIPT_KEY_VERSION = (short) 0xDF58;
    static final short TAG_TRANSACTION_LOG = (short) 0xDF59;
    static final short TAG_SERVICE_PERIOD_1 = (short) 0xDF60;
    static final short TAG_SERVICE_PERIOD_2 = (short) 0xDF61;
    static final short TAG_SERVICE_PERIOD_3 = (short) 0xDF62;
    static final short TAG_SERVICE_PERIOD_4 = (short) 0xDF63;
    static final short TAG_SERVICE_PERIOD_5 = (short) 0xDF64;
    static final short TAG_SERVICE_PERIOD_6 = (short) 0xDF65;
    static final short TAG_SERVICE_PERIOD_7 = (short) 0xDF66;
    static final short TAG_SERVICE_PERIOD_8 = (short) 0xDF67;
    static final short TAG_SERVICE_PERIOD_9 = (short) 0xDF68;
    static final short TAG_SERVICE_PERIOD_10 = (short) 0xDF69;
    static final short TAG_SERVICE_PERIOD_11 = (short) 0xDF6A;
    static final short TAG_SERVICE_PERIOD_12 = (short) 0xDF6B;
    static final short TAG_SERVICE_PERIOD_13 = (short) 0xDF6C;
    static final short TAG_SERVICE_PERIOD_14 = (short) 0xDF6D;
    static final short TAG_SERVICE_PERIOD_15 = (short) 0xDF6E;
    static final short TAG_SERVICE_PERIOD_16 = (short) 0xDF6F;
    static final short TAG_FINGER_TEMPLATE_1 = (short) 0xDF21;
    static final short TAG_FINGER_TEMPLATE_2 = (short) 0xDF22;
    static final short TAG_SERVICE_RECORD_1 = (short) 0xDF30;
    static final short TAG_SERVICE_RECORD_2 = (short) 0xDF31;
    static final short TAG_SERVICE_RECORD_3 = (short) 0xDF32;
    static final short TAG_SERVICE_RECORD_4 = (short) 0xDF33;
    static final short TAG_SERVICE_RECORD_5 = (short) 0xDF34;
    static final short TAG_SERVICE_RECORD_6 = (short) 0xDF35;
    static final short TAG_SERVICE_RECORD_7 = (short) 0xDF36;
    static final short TAG_SERVICE_RECORD_8 = (short) 0xDF37;
    static final short TAG_SERVICE_RECORD_9 = (short) 0xDF38;
    static final short TAG_SERVICE_RECORD_10 = (short) 0xDF39;
    static final short TAG_SERVICE_RECORD_11 = (short) 0xDF3A;
    static final short TAG_SERVICE_RECORD_12 = (short) 0xDF3B;
    static final short TAG_SERVICE_RECORD_13 = (short) 0xDF3C;
    static final short TAG_SERVICE_RECORD_14 = (short) 0xDF3D;
    static final short TAG_SERVICE_RECORD_15 = (short) 0xDF3E;
    static final short TAG_SERVICE_RECORD_16 = (short) 0xDF3F;

    // Data groupings; of groupings in a row the first.
    static final short DGI_ANCHOR = (short) 0x0101;
    static final short DGI_CARDHOLDER = (short) 0x0102;
    static final short DGI_VALIDITY = (short) 0x0103;
    static final short DGI_HOLDER_FLAGS = (short) 0x0104;
    static final short DGI_CARD_CERTIFICATE = (short) 0x0201;
    static final short DGI_FINGER_TEMPLATE_1 = (short) 0x0301;
    static final short DGI_FINGER_TEMPLATE_2 = (short) 0x0302;
    static final short DGI_BIOMETRIC_INFORMATION_TEMPLATE = (short) 0x0303;
    static final short DGI_SERVICE_RECORD_1 = (short) 0x0400;
    static final short DGI_SERVICE_RECORD_2 = (short) 0x0401;
    static final short DGI_SERVICE_RECORD_3 = (short) 0x0402;
    static final short DGI_SERVICE_RECORD_4 = (short) 0x0403;
    static final short DGI_SERVICE_RECORD_5 = (short) 0x0404;
    static final short DGI_SERVICE_RECORD_6 = (short) 0x0405;
    static final short DGI_SERVICE_RECORD_7 = (short) 0x0406;
    static final short DGI_SERVICE_RECORD_8 = (short) 0x0407;
    static final short DGI_SERVICE_RECORD_9 = (short) 0x0408;
    static final short DGI_SERVICE_RECORD_10 = (short) 0x0409;
    static final short DGI_SERVICE_RECORD_11 = (short) 0x040A;
    static final short DGI_SERVICE_RECORD_12 = (short) 0x040B;
    static final short DGI_SERVICE_RECORD_13 = (short) 0x040C;
    static final short DGI_SERVICE_RECORD_14 = (short) 0x040D;
    static final short DGI_SERVICE_RECORD_15 = (short) 0x040E;
    static final short DGI_SERVICE_RECORD_16 = (short) 0x040F;
    static final short DGI_TRANSPORT_PIN = (short) 0x8010;
    static final short DGI_RECEIPT_KEY = (short) 0x8401;

    // Life cycle codes.
    static final byte STATE_BLANK = (byte) 0x07;
    static final byte STATE_PERSONALIZED = (byte) 0x0F;
    static final byte STATE_ACTIVE = (byte) 0x1F;
    static final byte STATE_SUSPENDED = (byte) 0x3F;
    static final byte STATE_TERMINATED = (byte) 0x7F;

    // Limits: numbers, and lengths in bytes.
    static final short LIMIT_COMMAND_DATA = (short) 255;
    static final short LIMIT_SECURED_DATA = (short) 239;
    static final short LIMIT_OBJECT_PART = (short) 224;
    static final short LIMIT_KEY_SETS = (short) 4;
    static final short LIMIT_KEY_VERSION_MIN = (short) 1;
    static final short LIMIT_KEY_VERSION_MAX = (short) 111;
    static final short LIMIT_APPLICATIONS = (short) 16;
    static final short LIMIT_LOAD_FILES = (short) 8;
    static final short LIMIT_ISSUER_DATA = (short) 16;
    static final short LIMIT_PIN_DIGITS_MIN = (short) 4;
    static final short LIMIT_PIN_DIGITS_MAX = (short) 8;
    static final short LIMIT_PIN_TRIES = (short) 3;
    static final short LIMIT_FINGER_TRIES = (short) 8;
    static final short LIMIT_FINGER_MINUTIAE = (short) 60;
    static final short LIMIT_FINGERS = (short) 2;
    static final short LIMIT_SERVICES = (short) 16;
    static final short LIMIT_ROLE_LIMITS = (short) 5;
    static final short LIMIT_LOG_RECORDS = (short) 20;
    static final short LIMIT_ROLE_SESSION_COMMANDS = (short) 32767;
    static final short LIMIT_COMMIT_BYTES = (short) 512;
    static final short LIMIT_ATOMIC_OBJECT_BYTES = (short) 128;

    // Key versions and SCP03 of role sessions.
    static final short SLOT_A_FIRST = (short) 0x50;
    static final short SLOT_A_LAST = (short) 0x5F;
    static final short SLOT_B_FIRST = (short) 0x60;
    static final short SLOT_B_LAST = (short) 0x6F;
    static final short SCP = (short) 0x03;
    static final short ROLE_I = (short) 0x60;
    static final short MAC_LENGTH = (short) 8;
    static final short ROLE_LEVEL = (short) 0x33;
    static final short WRITE_LEVEL = (short) 0x03;
    static final short READ_LEVEL = (short) 0x33;

    // First and last two bytes of what every proof's message begins with.
    static final short PROOF_DOMAIN_TAG = (short) 0x5543;
    static final short PROOF_DOMAIN_TAG_END = (short) 0x3141;

    // Bits of states, and what commands need.
    static final byte IN_BLANK = 0x01;
    static final byte IN_PERSONALIZED = 0x02;
    static final byte IN_ACTIVE = 0x04;
    static final byte IN_SUSPENDED = 0x08;
    static final byte NEEDS_SESSION_NONE = 0x00;
    static final byte NEEDS_SESSION_ANY = 0x01;
    static final byte NEEDS_SESSION_PENDING = 0x02;
    static final byte NEEDS_SESSION_ISSUER = 0x03;
    static final byte NEEDS_SESSION_ROLE = 0x04;
    static final byte NEEDS_SESSION_ISSUER_OR_ROLE = 0x05;
    static final byte NEEDS_SESSION_MASK = 0x0F;
    static final byte NEEDS_WRITES = 0x10;
    static final byte NEEDS_CONTACTLESS = 0x20;

    /**
     * Commands: instruction, class, states, needs, count of forms; each form: mask and
     * value of P1, of P2, states, least and most bytes of data.
     */
    static final byte[] COMMANDS = {
        // SELECT
        (byte) 0xA4, 0x00, 0x0F, 0x00, 0x01,
            (byte) 0xFF, 0x04, (byte) 0xFF, 0x00, 0x0F, 0x05, 0x10,
        // GET DATA
        (byte) 0xCA, 0x00, 0x0F, 0x01, 0x01,
            0x00, 0x00, 0x00, 0x00, 0x0F, 0x00, 0x00,
        // GET DATA PART
        (byte) 0xCB, 0x00, 0x0F, 0x01, 0x01,
            (byte) 0xFF, 0x3F, (byte) 0xFF, (byte) 0xFF, 0x0F, 0x00, (byte) 0xFF,
        // PUT DATA
        (byte) 0xDA, 0x00, 0x0E, 0x05, 0x01,
            0x00, 0x00, 0x00, 0x00, 0x0E, 0x00, (byte) 0xFF,
        // VERIFY
        0x20, 0x00, 0x06, 0x21, 0x02,
            (byte) 0xFF, 0x00, (byte) 0xFF, (byte) 0x81, 0x06, 0x00, 0x00,
            (byte) 0xFF, 0x00, (byte) 0xFF, (byte) 0x81, 0x06, 0x08, 0x08,
        // CHANGE REFERENCE DATA
        0x24, 0x00, 0x06, 0x21, 0x01,
            (byte) 0xFF, 0x00, (byte) 0xFF, (byte) 0x81, 0x06, 0x10, 0x10,
        // RESET RETRY COUNTER
        0x2C, 0x00, 0x0E, 0x13, 0x02,
            (byte) 0xFF, 0x02, (byte) 0xFF, (byte) 0x81, 0x0E, 0x08, 0x08,
            (byte) 0xFF, 0x03, (byte) 0xFF, (byte) 0x81, 0x0E, 0x00, 0x00,
        // INTERNAL AUTHENTICATE
        (byte) 0x88, 0x00, 0x06, 0x01, 0x02,
            (byte) 0xFF, 0x00, (byte) 0xFF, 0x00, 0x06, 0x11, 0x11,
            (byte) 0xFF, 0x00, (byte) 0xFF, 0x01, 0x06, 0x11, 0x11,
        // INITIALIZE UPDATE
        0x50, (byte) 0x80, 0x0F, 0x00, 0x02,
            0x00, 0x00, (byte) 0xFF, 0x00, 0x0F, 0x08, 0x08,
            0x00, 0x00, (byte) 0xFF, 0x00, 0x0F, 0x10, 0x10,
        // EXTERNAL AUTHENTICATE
        (byte) 0x82, (byte) 0x84, 0x0F, 0x02, 0x02,
            0x00, 0x00, (byte) 0xFF, 0x00, 0x0F, 0x10, 0x10,
            0x00, 0x00, (byte) 0xFF, 0x00, 0x0F, 0x20, 0x20,
        // GENERATE ASYMMETRIC KEY PAIR
        0x46, 0x00, 0x0F, 0x03, 0x02,
            (byte) 0xFF, (byte) 0x80, (byte) 0xFF, 0x00, 0x01, 0x00, 0x00,
            (byte) 0xFF, (byte) 0x81, (byte) 0xFF, 0x00, 0x0F, 0x00, 0x00,
        // STORE DATA
        (byte) 0xE2, (byte) 0x80, 0x0F, 0x13, 0x02,
            (byte) 0xFF, 0x08, 0x00, 0x00, 0x0F, 0x01, (byte) 0xFF,
            (byte) 0xFF, (byte) 0x88, 0x00, 0x00, 0x0F, 0x01, (byte) 0xFF,
        // PUT KEY
        (byte) 0xD8, (byte) 0x80, 0x0F, 0x13, 0x01,
            (byte) 0xFF, 0x00, (byte) 0xFF, (byte) 0x81, 0x0F, 0x30, 0x30,
        // DELETE KEY
        (byte) 0xE4, (byte) 0x80, 0x0F, 0x13, 0x01,
            (byte) 0xFF, 0x00, (byte) 0xFF, 0x00, 0x0F, 0x03, 0x03,
        // PERFORM TRANSACTION
        0x40, (byte) 0x80, 0x0E, 0x04, 0x02,
            (byte) 0xFF, 0x00, (byte) 0xFF, 0x00, 0x0E, 0x1C, 0x2E,
            (byte) 0xFF, 0x01, (byte) 0xFF, 0x00, 0x0E, 0x1C, 0x2E,
        // READ RECORD
        (byte) 0xB2, 0x00, 0x0E, 0x01, 0x01,
            0x00, 0x00, (byte) 0xFF, 0x04, 0x0E, 0x00, 0x00,
        // SET STATUS
        (byte) 0xF0, (byte) 0x80, 0x0E, 0x13, 0x05,
            (byte) 0xFF, 0x40, (byte) 0xFF, 0x3F, 0x06, 0x00, 0x00,
            (byte) 0xFF, 0x40, (byte) 0xFF, 0x1F, 0x08, 0x00, 0x00,
            (byte) 0xFF, 0x40, (byte) 0xFF, 0x7F, 0x0E, 0x00, 0x00,
            (byte) 0xFF, 0x20, 0x00, 0x00, 0x0E, 0x00, 0x00,
            (byte) 0xFF, 0x21, 0x00, 0x00, 0x0E, 0x00, 0x00,
    };

    private Contract() {}
}
