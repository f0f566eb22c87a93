package unicard.platform;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/**
 * Holds the card that {@link org.globalplatform.GPSystem} speaks for. There is one of this class a
 * card, because classes are loaded once a card.
 */
public final class GlobalPlatformBinding {
    private static GlobalPlatform card;

    private GlobalPlatformBinding() {}

    /** Binds the card; its card manager does it when it is made. */
    public static void bind(GlobalPlatform bound) {
        card = bound;
    }

    /**
     * The card.
     *
     * @throws ISOException 6A81 on a card without GlobalPlatform
     */
    public static GlobalPlatform card() {
        if (card == null) {
            ISOException.throwIt(ISO7816.SW_FUNC_NOT_SUPPORTED);
        }
        return card;
    }
}
