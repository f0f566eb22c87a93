package unicard.card;

import java.util.HexFormat;

/**
 * An executable module: the AID that INSTALL names, and the applet class behind it.
 *
 * @param aid 5 to 16 bytes
 * @param className the applet's class, as {@link Class#forName} takes it
 */
public record AppletModule(byte[] aid, String className) {
    public AppletModule {
        if (aid.length < 5 || aid.length > 16) {
            throw new IllegalArgumentException("an AID has 5 to 16 bytes, not " + aid.length);
        }
        aid = aid.clone();
    }

    @Override
    public String toString() {
        return HexFormat.of().withUpperCase().formatHex(aid) + " = " + className;
    }
}
