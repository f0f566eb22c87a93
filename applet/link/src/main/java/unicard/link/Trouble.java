package unicard.link;

/** Why a frame was not done: the first byte of an error frame. */
enum Trouble {
    /** The power failed, or the card has none. */
    POWER_CUT,
    /** An applet did not come to an end. */
    HUNG,
    /** Not now, or not to you. */
    REFUSED,
    /** The frame means nothing; the next one may. */
    BAD_FRAME,
    /** Another client has the card. */
    TAKEN,
    /** A defect: the process ends. */
    DEFECT;

    /** From 1. */
    byte code() {
        return (byte) (ordinal() + 1);
    }
}
