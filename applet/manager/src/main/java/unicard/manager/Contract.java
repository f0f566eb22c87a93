// Written by `unicard spec java` from applet_spec/data: change those files, not this one.
package unicard.manager;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What the contract, profile version 1.0, says of the card manager. */
public final class Contract {
    private Contract() {}

    /** Status words; the last digit of NOT_VERIFIED counts tries. */
    public static final class Sw {
        private Sw() {}

        public static final int SUCCESS = 0x9000;
        public static final int SELECTED_BUT_LOCKED = 0x6283;
        public static final int SELECTED_BUT_TERMINATED = 0x6285;
        public static final int AUTHENTICATION_FAILED = 0x6300;
        public static final int MORE_DATA_AVAILABLE = 0x6310;
        public static final int NOT_VERIFIED = 0x63C0;
        public static final int MEMORY_FAILURE = 0x6581;
        public static final int WRONG_LENGTH = 0x6700;
        public static final int LOGICAL_CHANNEL_NOT_SUPPORTED = 0x6881;
        public static final int SECURE_MESSAGING_NOT_SUPPORTED = 0x6882;
        public static final int COMMAND_CHAINING_NOT_SUPPORTED = 0x6884;
        public static final int SECURITY_STATUS_NOT_SATISFIED = 0x6982;
        public static final int AUTHENTICATION_METHOD_BLOCKED = 0x6983;
        public static final int REFERENCE_DATA_NOT_USABLE = 0x6984;
        public static final int CONDITIONS_OF_USE_NOT_SATISFIED = 0x6985;
        public static final int INCORRECT_SECURE_MESSAGING_DATA_OBJECTS = 0x6988;
        public static final int INCORRECT_DATA = 0x6A80;
        public static final int FUNCTION_NOT_SUPPORTED = 0x6A81;
        public static final int APPLICATION_NOT_FOUND = 0x6A82;
        public static final int RECORD_NOT_FOUND = 0x6A83;
        public static final int NOT_ENOUGH_MEMORY = 0x6A84;
        public static final int INCORRECT_P1_P2 = 0x6A86;
        public static final int REFERENCED_DATA_NOT_FOUND = 0x6A88;
        public static final int OFFSET_OUTSIDE_THE_OBJECT = 0x6B00;
        public static final int INSTRUCTION_NOT_SUPPORTED = 0x6D00;
        public static final int CLASS_NOT_SUPPORTED = 0x6E00;
        public static final int NO_PRECISE_DIAGNOSIS = 0x6F00;
        public static final int BALANCE_TOO_SMALL = 0x9401;
        public static final int CEILING_EXCEEDED = 0x9402;
        public static final int TRANSACTION_LIMIT_EXCEEDED = 0x9403;
        public static final int DEBIT_LIMIT_EXCEEDED = 0x9404;
        public static final int VERIFICATION_REQUIRED = 0x9405;
        public static final int PERIOD_IS_PAST = 0x9406;
        public static final int PERIOD_BEYOND_THE_HORIZON = 0x9407;
        public static final int NOT_VALID_ON_THIS_DATE = 0x9408;
        public static final int SERVICE_DISABLED = 0x9409;
        public static final int NAME_USED_BEFORE = 0x9481;
        public static final int CARD_TRANSACTION_NUMBER_NOT_CURRENT = 0x9482;
    }

    /** What the card has room for, and longest data, in bytes. */
    public static final class Limit {
        private Limit() {}

        public static final int COMMAND_DATA = 255;
        public static final int SECURED_DATA = 239;
        public static final int OBJECT_PART = 224;
        public static final int KEY_SETS = 4;
        public static final int KEY_VERSION_MIN = 1;
        public static final int KEY_VERSION_MAX = 111;
        public static final int APPLICATIONS = 16;
        public static final int LOAD_FILES = 8;
        public static final int LOAD_FILE_BYTES = 65536;
        public static final int ISSUER_DATA = 16;
        public static final int PIN_DIGITS_MIN = 4;
        public static final int PIN_DIGITS_MAX = 8;
        public static final int PIN_TRIES = 3;
        public static final int FINGER_TRIES = 8;
        public static final int FINGER_MINUTIAE = 60;
        public static final int FINGERS = 2;
        public static final int SERVICES = 16;
        public static final int ROLE_LIMITS = 5;
        public static final int LOG_RECORDS = 20;
        public static final int ROLE_SESSION_COMMANDS = 32767;
        public static final int COMMIT_BYTES = 512;
        public static final int ATOMIC_OBJECT_BYTES = 128;
        public static final int AMOUNT = 2147483647;
    }

    /** Application identifiers, in hexadecimal digits. */
    public static final class Aid {
        private Aid() {}

        public static final String ISD = "A000000151000000";
        public static final String PACKAGE = "F0554E494341524401";
        public static final String MODULE = "F0554E49434152440101";
        public static final String INSTANCE = "F0554E49434152440101";
    }

    /** SCP03 (GlobalPlatform Amendment D). */
    public static final class Channel {
        private Channel() {}

        public static final int PROTOCOL = 0x03;
        public static final int SEQUENCE_COUNTER_LENGTH = 3;
        /** The i of the reference card. */
        public static final int I = 0x60;
        /** Bits of i. */
        public static final int S16 = 0x01;
        public static final int PSEUDO_RANDOM = 0x10;
        public static final int R_MAC = 0x20;
        public static final int R_ENC = 0x40;
        /** Security levels, each followed by the bits of i that it needs. */
        public static final List<Integer> LEVELS =
                List.of(0x01, 0x00, 0x03, 0x00, 0x11, 0x20, 0x13, 0x20, 0x33, 0x60);
    }

    /** States of the card's life cycle. */
    public enum CardState {
        OP_READY(0x01),
        INITIALIZED(0x07),
        SECURED(0x0F),
        CARD_LOCKED(0x7F),
        TERMINATED(0xFF);

        /** Life cycle code. */
        public final int code;

        CardState(int code) {
            this.code = code;
        }

        /** The state of this code; null where there is none. */
        public static CardState of(int code) {
            for (CardState state : values()) {
                if (state.code == code) {
                    return state;
                }
            }
            return null;
        }

        /** The states that SET STATUS leads to from here. */
        public Set<CardState> next() {
            return switch (this) {
                case OP_READY -> EnumSet.of(CardState.INITIALIZED, CardState.TERMINATED);
                case INITIALIZED -> EnumSet.of(CardState.SECURED, CardState.TERMINATED);
                case SECURED -> EnumSet.of(CardState.CARD_LOCKED, CardState.TERMINATED);
                case CARD_LOCKED -> EnumSet.of(CardState.SECURED, CardState.TERMINATED);
                case TERMINATED -> EnumSet.noneOf(CardState.class);
            };
        }
    }

    /** States in the registry. */
    public static final class ContentState {
        private ContentState() {}

        public static final int LOADED = 0x01;
        public static final int INSTALLED = 0x03;
        public static final int SELECTABLE = 0x07;
        public static final int LOCK_BIT = 0x80;
    }

    /** What a command needs: nothing, a handshake directly before it, or an open session. */
    public enum Session {
        NONE,
        ANY,
        PENDING,
        ISSUER,
        ROLE
    }

    /**
     * One form of a command.
     *
     * @param name as the contract has it; empty where there is one form only
     * @param p1 values that are taken; null: any
     * @param p2 values that are taken; null: any
     * @param least bytes of data at least
     * @param most bytes of data at most
     */
    public record Variant(String name, Set<Integer> p1, Set<Integer> p2, int least, int most) {
        /** Whether P1 and P2 are of this form. */
        public boolean takes(int first, int second) {
            return (p1 == null || p1.contains(first)) && (p2 == null || p2.contains(second));
        }

        /** Whether the data may be so long. */
        public boolean takes(int length) {
            return length >= least && length <= most;
        }
    }

    /** The commands, in the contract's order. */
    public enum Instruction {
        SELECT(
                0x00, -1, 0xA4,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED,
                        CardState.CARD_LOCKED),
                Session.NONE,
                new Variant("", Set.of(0x04), Set.of(0x00, 0x02, 0x04, 0x06), 0, 255)),
        GET_DATA(
                0x80, 0x00, 0xCA,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED,
                        CardState.CARD_LOCKED, CardState.TERMINATED),
                Session.ANY,
                new Variant("", null, null, 0, 0)),
        INITIALIZE_UPDATE(
                0x80, -1, 0x50,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED,
                        CardState.CARD_LOCKED),
                Session.NONE,
                new Variant("S8", null, Set.of(0x00), 8, 8),
                new Variant("S16", null, Set.of(0x00), 16, 16)),
        EXTERNAL_AUTHENTICATE(
                0x84, -1, 0x82,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED,
                        CardState.CARD_LOCKED),
                Session.PENDING,
                new Variant("S8", null, Set.of(0x00), 16, 16),
                new Variant("S16", null, Set.of(0x00), 32, 32)),
        PUT_KEY(
                0x80, -1, 0xD8,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED),
                Session.ISSUER,
                new Variant("", null, Set.of(0x01, 0x02, 0x03, 0x81, 0x82), 0, 255)),
        DELETE_KEY(
                0x80, -1, 0xE4,
                Set.of(0xD0, 0xD2),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED),
                Session.ISSUER,
                new Variant("", Set.of(0x00), Set.of(0x00, 0x01, 0x80), 0, 255)),
        DELETE(
                0x80, -1, 0xE4,
                Set.of(0x4F),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED),
                Session.ISSUER,
                new Variant("", Set.of(0x00), Set.of(0x00, 0x80), 0, 255)),
        INSTALL(
                0x80, -1, 0xE6,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED),
                Session.ISSUER,
                new Variant("load", Set.of(0x02), Set.of(0x00), 0, 255),
                new Variant("install", Set.of(0x04), Set.of(0x00), 0, 255),
                new Variant("make selectable", Set.of(0x08), Set.of(0x00), 0, 255),
                new Variant("install and make selectable", Set.of(0x0C), Set.of(0x00), 0, 255),
                new Variant("personalization", Set.of(0x20), Set.of(0x00), 0, 255),
                new Variant("extradition", Set.of(0x10), Set.of(0x00), 0, 255),
                new Variant("registry update", Set.of(0x40), Set.of(0x00), 0, 255)),
        LOAD(
                0x80, -1, 0xE8,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED),
                Session.ISSUER,
                new Variant("more blocks", Set.of(0x00), null, 1, 255),
                new Variant("last block", Set.of(0x80), null, 1, 255)),
        STORE_DATA(
                0x80, 0x00, 0xE2,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED),
                Session.ISSUER,
                new Variant("more blocks", Set.of(0x00, 0x10), null, 1, 255),
                new Variant("last block", Set.of(0x80, 0x90), null, 1, 255)),
        GET_STATUS(
                0x80, -1, 0xF2,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED,
                        CardState.CARD_LOCKED),
                Session.ISSUER,
                new Variant("", Set.of(0x80, 0x40, 0x20, 0x10), Set.of(0x02, 0x03), 0, 255)),
        SET_STATUS(
                0x80, -1, 0xF0,
                Set.of(),
                EnumSet.of(CardState.OP_READY, CardState.INITIALIZED, CardState.SECURED,
                        CardState.CARD_LOCKED),
                Session.ISSUER,
                new Variant("card", Set.of(0x80), Set.of(0x07, 0x0F, 0x7F, 0xFF), 0, 255),
                new Variant("application", Set.of(0x40), null, 5, 16));

        /** Class without secure messaging, except where the command always has it. */
        public final int cla;

        /** Another class that is taken; -1: none. */
        public final int otherCla;

        public final int ins;

        /** First bytes of the data that tell the command from another of the same instruction. */
        public final Set<Integer> beginsWith;

        public final Set<CardState> states;
        public final Session session;
        public final List<Variant> variants;

        Instruction(
                int cla,
                int otherCla,
                int ins,
                Set<Integer> beginsWith,
                Set<CardState> states,
                Session session,
                Variant... variants) {
            this.cla = cla;
            this.otherCla = otherCla;
            this.ins = ins;
            this.beginsWith = beginsWith;
            this.states = states;
            this.session = session;
            this.variants = List.of(variants);
        }
    }
}
