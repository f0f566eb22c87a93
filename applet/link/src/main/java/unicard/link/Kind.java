package unicard.link;

/** What a frame is about: the letter after its length. */
enum Kind {
    /** The client's first frame: the token. Answered with nothing. */
    HELLO('H'),
    /** A command APDU; answered with data and status word. */
    TRANSMIT('T'),
    /** Answered with the ATR. */
    RESET('R'),
    POWER_OFF('O'),
    /** Answered with 1 byte, 01 or 00. */
    POWERED('?'),
    /** The name of a wiring, from the next reset on. */
    WIRE('W'),
    /** 8 bytes: which persistent write from now on is not to happen, from 1. */
    CUT('C'),
    /** Takes the last cut back. */
    KEEP('K'),
    /** Answered with JSON: the measures of the last command or reset. */
    MEASURES('M'),
    /** Answered with what an applet threw in the last command, as Java prints it; empty: nothing. */
    THROWN('X'),
    CHECKPOINT('P'),
    /** Back to the checkpoint, without power. */
    RESTORE('B'),
    /** Settings as of a new process, of a card that takes this one's place; it has no power yet. */
    NEW('N'),
    /** Ends the process; not answered. */
    QUIT('Q'),
    /** Answer: done, with what was asked for. */
    DONE('+'),
    /** Answer: 1 byte {@link Trouble}, and a sentence. */
    ERROR('-');

    private final byte letter;

    Kind(char letter) {
        this.letter = (byte) letter;
    }

    byte letter() {
        return letter;
    }

    /** The kind with this letter; null where there is none. */
    static Kind of(byte letter) {
        for (Kind kind : values()) {
            if (kind.letter == letter) {
                return kind;
            }
        }
        return null;
    }
}
