package unicard.card;

/** Installs applets from outside, for cards whose issuer domain is {@code unicard.runtime.PlainDomain}. */
public interface AppletInstaller {
    /**
     * Installs an application and makes it selectable.
     *
     * @param module the applet
     * @param aid AID of the instance, 5 to 16 bytes
     * @param parameters what install finds as the third of its values
     * @throws InstallException where the card refuses
     * @throws PowerCutException without power, or when it fails meanwhile
     * @throws CardHungException when install does not come to an end
     * @throws IllegalStateException where the card has another issuer domain
     */
    void install(AppletModule module, byte[] aid, byte[] parameters);

    /** Deletes an application; throws as {@link #install}, also where there is none of this AID. */
    void delete(byte[] aid);
}
