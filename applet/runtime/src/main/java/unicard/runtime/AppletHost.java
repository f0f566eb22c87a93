package unicard.runtime;

import java.util.function.BooleanSupplier;
import javacard.framework.Applet;
import unicard.card.AppletModule;

/** What the issuer domain may ask of the runtime environment. */
public interface AppletHost {
    /**
     * Runs {@code install} of a module's applet and waits for its {@code register}. Until the next
     * {@link #atomically} commits, in which the domain notes the applet, the install can still be undone:
     * where that fails or the power does, what install wrote to older objects is put back (JCRE 3.0.5,
     * 3.1).
     *
     * @param instance AID that the applet registers with
     * @param data what install gets: LV instance AID, LV control information, LV parameters
     *     (GlobalPlatform Card 2.3.1, table 11-49 and Java Card API, Applet.install)
     * @return the applet, not yet in any registry
     * @throws StatusWordException 6A80 where install throws, does not register, or asks for another
     *     AID; 6A84 where memory runs out; the ISOException's own reason where it throws one
     */
    Applet install(AppletModule module, byte[] instance, byte[] data);

    /** Tells the applet of this AID that it is being deleted (AppletEvent.uninstall). */
    void uninstall(byte[] aid, Applet applet);

    /**
     * Hands an application a command of its personalization, as {@code processData} of
     * org.globalplatform.Personalization, or else of Application: with the application's context
     * current and the command in the APDU buffer. A transaction that it leaves open is aborted.
     *
     * @param aid of the application
     * @param command header, Lc and data, without secure messaging and Le
     * @return what the application answers, without status word
     * @throws StatusWordException the ISOException's reason where it throws one, 6F00 where it throws
     *     anything else; 6985 where it has neither interface
     */
    byte[] personalize(byte[] aid, Applet applet, byte[] command);

    /** AID of the selected applet or domain. */
    byte[] selected();

    /** Random bytes. */
    byte[] random(int length);

    /**
     * Runs a change of torn state as one transaction without limit of size: it commits where it
     * returns true, and rolls back where it returns false or throws.
     *
     * @throws IllegalStateException while an applet's transaction is open
     */
    void atomically(BooleanSupplier change);

    /** Gives back the memory of persistent objects that nothing reaches any more. */
    void collect();

    /** Free persistent memory, bytes. */
    int freePersistent();

    /** Whether the card is reached without contacts. */
    boolean contactless();
}
