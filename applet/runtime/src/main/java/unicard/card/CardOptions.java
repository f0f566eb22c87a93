package unicard.card;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a new card is like.
 *
 * @param commitCapacity bytes that a transaction may use; each entry is charged its length + 6
 * @param persistentBytes size of the persistent memory
 * @param transientResetBytes room for arrays cleared at reset
 * @param transientDeselectBytes room for arrays cleared at deselection
 * @param instructionLimit bytecodes that one command may execute before the card counts as hung
 * @param keysJoinTransactions whether setKey and genKeyPair are undone by an abort; platforms differ
 * @param wiring how the reader talks to the card at first
 * @param atr answer to reset over contacts
 * @param domain class that implements {@code unicard.runtime.IssuerDomain}; {@code
 *     unicard.runtime.PlainDomain} selects applets and knows nothing else
 * @param domainSettings what that class is told, for the card manager: {@code cplc} (hex, 42 bytes),
 *     {@code i} (hex), {@code keyVersion} (hex), {@code key} (hex; ENC, MAC and DEK alike)
 * @param loadFiles applets that this JVM has the classes of
 * @param instances applications that the card has from the start
 * @param classPath where applet classes are found besides the JVM's own class path
 */
public record CardOptions(
        int commitCapacity,
        int persistentBytes,
        int transientResetBytes,
        int transientDeselectBytes,
        long instructionLimit,
        boolean keysJoinTransactions,
        Wiring wiring,
        byte[] atr,
        String domain,
        Map<String, String> domainSettings,
        List<LoadFile> loadFiles,
        List<Instance> instances,
        List<Path> classPath) {

    /** A card without card manager and applets: 512 bytes of commit buffer, 64 KiB, 3 + 2 KiB. */
    public static final CardOptions PLAIN =
            new CardOptions(
                    512,
                    65536,
                    3072,
                    2048,
                    50_000_000L,
                    false,
                    Wiring.CONTACT_T1,
                    new byte[] {0x3B, (byte) 0x80, 0x01, (byte) 0x81},
                    "unicard.runtime.PlainDomain",
                    Map.of(),
                    List.of(),
                    List.of(),
                    List.of());
}
