package unicard.runtime;

import javacard.framework.Applet;

/**
 * The issuer security domain, as the runtime environment sees it: it owns the registry of what is on
 * the card. It is made once, when the card is; its persistent state is in torn memory, everything
 * else in it must be forgotten in {@link #restart}.
 *
 * <p>An implementation has a public constructor that takes an {@link AppletHost} and the {@code
 * unicard.card.CardOptions} of the card; it throws IllegalArgumentException where these do not fit.
 */
public interface IssuerDomain {
    /** What a SELECT found. {@code applet} is null where the issuer domain itself is meant. */
    record Found(byte[] aid, Applet applet) {}

    /** Called once on the new card, before its first reset: factory keys, what is there already. */
    void manufacture();

    /** After each reset, when the memory is rolled back: forgets sessions, completes what was cut. */
    void restart();

    /** The AID of the domain itself. */
    byte[] aid();

    /**
     * Finds what a SELECT by name (CLA 00, INS A4, P1 04) means.
     *
     * @param p2 of the command
     * @param name data field, of any length
     * @param selected AID of what is selected now
     * @return null where nothing fits
     * @throws StatusWordException where SELECT is refused for another reason
     */
    Found find(int p2, byte[] name, byte[] selected);

    /** Answers SELECT of the domain itself: data and status word. */
    byte[] select();

    /** A command has come, for whomever: said of each one, before anything else is done with it. */
    void commandStarts();

    /**
     * Whatever is selected, the domain or an application, is about to be deselected: sessions end,
     * sequences too. Called before each selection, also of what is selected already.
     */
    void deselect();

    /**
     * A command was refused, or answered, before whatever is selected saw it (class, lengths, SELECT
     * that finds nothing): what two commands in a row make up is dropped.
     */
    void interrupted();

    /** Runs a command while the domain is selected (SELECT that finds something apart). */
    byte[] process(byte[] command);
}
