package unicard.manager.host;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import unicard.card.CardOptions;
import unicard.card.Instance;
import unicard.card.JavaCard;
import unicard.card.LoadFile;

/** New cards with a card manager. */
public final class Cards {
    private Cards() {}

    public static CardOptions options(Map<String, String> settings, LoadFile... loadFiles) {
        return options(CardOptions.PLAIN.persistentBytes(), settings, loadFiles);
    }

    /** @param persistentBytes size of the memory */
    public static CardOptions options(
            int persistentBytes, Map<String, String> settings, LoadFile... loadFiles) {
        CardOptions plain = CardOptions.PLAIN;
        return new CardOptions(
                plain.commitCapacity(),
                persistentBytes,
                plain.transientResetBytes(),
                plain.transientDeselectBytes(),
                plain.instructionLimit(),
                plain.keysJoinTransactions(),
                plain.wiring(),
                plain.atr(),
                "unicard.manager.CardManager",
                settings,
                List.of(loadFiles),
                List.of(),
                List.of());
    }

    /** The same card with applications on it from the start. */
    public static CardOptions with(CardOptions options, Instance... instances) {
        return new CardOptions(
                options.commitCapacity(),
                options.persistentBytes(),
                options.transientResetBytes(),
                options.transientDeselectBytes(),
                options.instructionLimit(),
                options.keysJoinTransactions(),
                options.wiring(),
                options.atr(),
                options.domain(),
                options.domainSettings(),
                options.loadFiles(),
                List.of(instances),
                options.classPath());
    }

    /** A card of this i and these keys, as it leaves the factory. */
    public static JavaCard card(int i, byte[] key) {
        Map<String, String> settings = new HashMap<>();
        settings.put("i", String.format("%02X", i));
        settings.put("key", Hex.text(key));
        return JavaCard.insert(options(settings));
    }

    public static JavaCard card(int i) {
        return card(i, Keys.TEST.enc());
    }

    /** A key of any length, invented. */
    public static byte[] key(int length) {
        byte[] key = new byte[length];
        for (int at = 0; at < length; at++) {
            key[at] = (byte) (0x40 + at);
        }
        return key;
    }
}
