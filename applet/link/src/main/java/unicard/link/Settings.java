package unicard.link;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import unicard.card.CardOptions;

/**
 * What the parent process asks for. Lines {@code key=value} in UTF-8, an empty line ends them: nothing
 * nested is needed, so no JSON library has to be kept and trusted for it.
 *
 * <p>{@code name}: how the card is called in remarks. {@code vpcd}: {@code HOST PORT} of the virtual
 * reader; without it the card waits on a loopback socket. The other keys are those of {@link
 * CardSettings}.
 *
 * @param vpcd null for the loopback socket; not resolved yet
 */
record Settings(String name, InetSocketAddress vpcd, CardOptions card) {
    /**
     * Reads up to the empty line.
     *
     * @throws IllegalArgumentException for a line that means nothing, or when the lines break off
     */
    static Settings read(BufferedReader lines) throws IOException {
        String name = "java";
        InetSocketAddress vpcd = null;
        CardSettings card = new CardSettings();
        for (String line = lines.readLine(); ; line = lines.readLine()) {
            if (line == null) {
                throw new IllegalArgumentException("they end without an empty line");
            }
            if (line.isEmpty()) {
                return new Settings(name, vpcd, card.options());
            }
            int at = line.indexOf('=');
            if (at < 1) {
                throw new IllegalArgumentException("a line is no key=value");
            }
            String key = line.substring(0, at);
            String value = line.substring(at + 1);
            switch (key) {
                case "name" -> name = value;
                case "vpcd" -> vpcd = address(value);
                default -> card.set(key, value);
            }
        }
    }

    private static InetSocketAddress address(String value) {
        int at = value.lastIndexOf(' ');
        if (at < 1) {
            throw new IllegalArgumentException("vpcd is HOST PORT");
        }
        int port = CardSettings.number("vpcd", value.substring(at + 1), 1, 65535);
        return InetSocketAddress.createUnresolved(value.substring(0, at), port);
    }
}
