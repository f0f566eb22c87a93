package unicard.card;

/**
 * One card, as the side that is loaded once a card shows itself to the side loaded once a JVM.
 *
 * <p>A card is used by one thread at a time; it may be another one each time.
 */
public interface CardCore {
    /**
     * Gives power, or resets. An unfinished transaction is rolled back, transient memory cleared, the
     * issuer domain selected.
     *
     * @return the ATR
     * @throws PowerCutException when the power fails again meanwhile
     */
    byte[] reset();

    /** Takes the power away; what is not persistent is lost. */
    void powerOff();

    /** Whether the card has power and answers commands. */
    boolean powered();

    /**
     * Runs one command APDU, of any bytes.
     *
     * @return data and status word
     * @throws PowerCutException without power, or when it fails meanwhile
     * @throws CardHungException when an applet does not come to an end; the card needs a reset
     */
    byte[] transmit(byte[] command);

    /**
     * Makes the power fail instead of the n-th persistent write from now on, n from 1. A non-atomic
     * copy is one write a byte; the writes of a recovery after reset count too.
     */
    void cutPowerAt(long n);

    /** Takes the last {@link #cutPowerAt} back. */
    void keepPower();

    /** Measures of the last command or reset. */
    Measures measures();

    /**
     * What an applet threw, other than an ISOException, in the last command or install: the reason of
     * a 6F00, of a 6999 or of a refused install. Null where nothing was thrown.
     */
    default Throwable lastThrown() {
        return null;
    }

    /** Puts the card on another interface; takes effect at the next reset. */
    void wire(Wiring wiring);

    /**
     * Remembers what the persistent memory holds now. One at a time: a later one replaces it.
     *
     * @throws IllegalStateException while a transaction is open or unfinished
     */
    void checkpoint();

    /** Takes the power away and puts the persistent memory back to the checkpoint, which stays. */
    void restore();
}
