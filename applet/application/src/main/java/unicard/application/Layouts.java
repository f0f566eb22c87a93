// Written by `unicard spec java` from applet_spec/data: change those files, not this one.
package unicard.application;

/** Layouts of transactions and service records: offsets and codes. */
final class Layouts {
    // What an operation does.
    static final short OPERATION_DEBIT = 1;
    static final short OPERATION_CREDIT = 2;
    static final short OPERATION_REVERSE = 3;

    // Request: fields before the operations.
    static final short REQUEST_TERMINAL_ID = 0;
    static final short REQUEST_TERMINAL_TRANSACTION_NUMBER = 8;
    static final short REQUEST_CARD_TRANSACTION_NUMBER = 12;
    static final short REQUEST_DATE = 15;
    static final short REQUEST_TIME = 19;
    static final short REQUEST_LENGTH = 22;

    // One operation.
    static final short PART_OPERATION = 0;
    static final short PART_SERVICE = 1;
    static final short PART_AMOUNT = 2;
    static final short PART_LENGTH = 6;

    // Operations in a basket.
    static final short MOST_OPERATIONS = 4;

    // Answer: where its fields before the balances are, and these begin.
    static final short ANSWER_TRANSACTION_NUMBER = 0;
    static final short ANSWER_RECEIPT_KEY_VERSION = 3;
    static final short ANSWER_FLAGS = 4;
    static final short ANSWER_RECEIPT_MAC = 5;
    static final short ANSWER_NEW_BALANCES = 13;

    // Flags of answer and receipt.
    static final short FLAG_PIN_VERIFIED = 1;
    static final short FLAG_FINGER_VERIFIED = 2;
    static final short FLAG_ACTIVATION = 128;

    // Results of a query.
    static final short RESULT_NOT_IN_THE_LOG = 0;
    static final short RESULT_SAME = 1;
    static final short RESULT_SAME_NAME_OTHER_BYTES_OR_ROLE = 2;

    // Receipt: what its MAC is over.
    static final short RECEIPT_RECEIPT_KEY_VERSION = 0;
    static final short RECEIPT_ROLE = 1;
    static final short RECEIPT_CARD_SERIAL = 2;
    static final short RECEIPT_TRANSACTION_NUMBER = 10;
    static final short RECEIPT_TERMINAL_ID = 13;
    static final short RECEIPT_TERMINAL_TRANSACTION_NUMBER = 21;
    static final short RECEIPT_DATE = 25;
    static final short RECEIPT_TIME = 29;
    static final short RECEIPT_OPERATIONS = 32;
    static final short RECEIPT_NEW_BALANCES = 56;
    static final short RECEIPT_FLAGS = 72;
    static final short RECEIPT_REPLACED_CARD_NUMBER = 73;
    static final short RECEIPT_LENGTH = 81;

    // Bytes of a receipt's MAC.
    static final short MAC = 8;

    // Roles, bit n: role n, that may debit a purse and nothing else.
    static final short PURSE_ALONE = 7;

    // First and last year of dates, in BCD without the century 20.
    static final short FIRST_YEAR = 0;
    static final short LAST_YEAR = 121;

    // Verification rules.
    static final short RULE_NONE = 0;
    static final short RULE_PIN = 1;
    static final short RULE_FINGER = 2;
    static final short RULE_PIN_OR_FINGER = 3;
    static final short RULE_PIN_AND_FINGER = 4;

    // Service record of a purse.
    static final short KIND_PURSE = 1;
    static final short PURSE_CURRENCY = 20;
    static final short PURSE_CEILING = 22;
    static final short PURSE_UNVERIFIED_ALLOWANCE = 26;
    static final short PURSE_DEBIT_LIMIT = 30;
    static final short PURSE_BALANCE = 34;
    static final short PURSE_LIMITS = 38;
    static final short PURSE_LENGTH = 39;

    // Service record of a quota.
    static final short KIND_QUOTA = 2;
    static final short QUOTA_ALLOWANCE = 20;
    static final short QUOTA_PERIOD_KIND = 24;
    static final short QUOTA_CARRY_OVER_CEILING = 25;
    static final short QUOTA_TRANSACTION_LIMIT = 29;
    static final short QUOTA_CURRENT_PERIOD = 33;
    static final short QUOTA_HORIZON = 35;
    static final short QUOTA_BALANCE = 37;
    static final short QUOTA_LENGTH = 41;

    // Service record of a entitlement.
    static final short KIND_ENTITLEMENT = 3;
    static final short ENTITLEMENT_VALID_FROM = 20;
    static final short ENTITLEMENT_VALID_TO = 24;
    static final short ENTITLEMENT_CLASS_OF_COVER = 28;
    static final short ENTITLEMENT_USES = 29;
    static final short ENTITLEMENT_LENGTH = 32;

    private Layouts() {}
}
