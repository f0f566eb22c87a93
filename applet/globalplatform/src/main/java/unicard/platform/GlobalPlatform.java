package unicard.platform;

import javacard.framework.AID;
import org.globalplatform.GPRegistryEntry;
import org.globalplatform.SecureChannel;

/**
 * The card behind {@link org.globalplatform.GPSystem}, whose methods say what these mean. "The
 * application" is the one of the current context ({@link javacard.framework.JCSystem#getAID}).
 */
public interface GlobalPlatform {
    byte cardState();

    byte cardContentState();

    boolean setCardContentState(byte state);

    SecureChannel secureChannel();

    GPRegistryEntry registryEntry(AID aid);
}
