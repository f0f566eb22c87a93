package unicard.application;

import javacard.framework.ISOException;

/** Reads the contract's table of commands: what each of them needs, form by form. */
final class CommandTable {
    // A row: instruction, class, states, needs, count of forms.
    private static final short CLASS = 1;
    private static final short STATES = 2;
    private static final short NEEDS = 3;
    private static final short FORMS = 4;
    private static final short HEAD = 5;

    // A form.
    private static final short P1 = 0;
    private static final short P2 = 2;
    private static final short FORM_STATES = 4;
    private static final short LEAST = 5;
    private static final short MOST = 6;
    private static final short FORM = 7;

    private CommandTable() {}

    /** The row of an instruction; 6D00 where there is none. */
    static short find(byte instruction) {
        short row = 0;
        while (row < (short) Contract.COMMANDS.length) {
            if (Contract.COMMANDS[row] == instruction) {
                return row;
            }
            row = endOf(row);
        }
        ISOException.throwIt(Contract.SW_INSTRUCTION_NOT_SUPPORTED);
        return 0;
    }

    private static short endOf(short row) {
        return (short) (row + HEAD + FORM * Contract.COMMANDS[(short) (row + FORMS)]);
    }

    static byte classOf(short row) {
        return Contract.COMMANDS[(short) (row + CLASS)];
    }

    static byte needsOf(short row) {
        return Contract.COMMANDS[(short) (row + NEEDS)];
    }

    /** Whether the command is taken in a state, given as its bit. */
    static boolean isTakenIn(short row, byte state) {
        return (Contract.COMMANDS[(short) (row + STATES)] & state) != 0;
    }

    /** Looks for forms with these parameters: 6A86 where there are none, 6985 where the state has none. */
    static void checkParameters(short row, byte p1, byte p2, byte state) {
        boolean known = false;
        boolean taken = false;
        for (short form = (short) (row + HEAD); form < endOf(row); form += FORM) {
            if (fits(form, p1, p2)) {
                known = true;
                taken |= (Contract.COMMANDS[(short) (form + FORM_STATES)] & state) != 0;
            }
        }
        require(known, Contract.SW_INCORRECT_P1_P2);
        require(taken, Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
    }

    private static boolean fits(short form, byte p1, byte p2) {
        return isMasked((short) (form + P1), p1) && isMasked((short) (form + P2), p2);
    }

    private static boolean isMasked(short at, byte parameter) {
        return (byte) (parameter & Contract.COMMANDS[at]) == Contract.COMMANDS[(short) (at + 1)];
    }

    /** Whether some form of the command has data. */
    static boolean hasData(short row) {
        for (short form = (short) (row + HEAD); form < endOf(row); form += FORM) {
            if (Contract.COMMANDS[(short) (form + MOST)] != 0) {
                return true;
            }
        }
        return false;
    }

    /** 6700 where no form with these parameters has data of this length. */
    static void checkLength(short row, byte p1, byte p2, short length) {
        for (short form = (short) (row + HEAD); form < endOf(row); form += FORM) {
            if (fits(form, p1, p2)
                    && length >= (short) (Contract.COMMANDS[(short) (form + LEAST)] & 0xFF)
                    && length <= (short) (Contract.COMMANDS[(short) (form + MOST)] & 0xFF)) {
                return;
            }
        }
        ISOException.throwIt(Contract.SW_WRONG_LENGTH);
    }

    static void require(boolean holds, short statusWord) {
        if (!holds) {
            ISOException.throwIt(statusWord);
        }
    }
}
