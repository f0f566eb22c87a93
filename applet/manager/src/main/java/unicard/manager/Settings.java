package unicard.manager;

import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/**
 * What a card is made as: {@code CardOptions.domainSettings}, each in hexadecimal digits.
 *
 * @param dialect {@code i}: the parameter of SCP03, 1 byte
 * @param keyVersion {@code keyVersion}: version of the factory's key set, 1 byte but 00
 * @param key {@code key}: its keys, all three alike, 16, 24 or 32 bytes
 * @param cplc {@code cplc}: card production life cycle data, 42 bytes
 */
record Settings(Dialect dialect, int keyVersion, byte[] key, byte[] cplc) {
    private static final Set<String> NAMES = Set.of("i", "keyVersion", "key", "cplc");
    private static final int CPLC_LENGTH = 42;
    private static final String PUBLIC_TEST_KEY = "404142434445464748494A4B4C4D4E4F";

    /** Fabricator, type, operating system and level of the reference card; the first of its stock. */
    private static final String REFERENCE_CPLC =
            "5543" + "0001" + "5543" + "0000" + "0100" + "6001" + "00000001" + "0001" + "00".repeat(24);

    /**
     * Reads the settings; what is missing is that of the reference card.
     *
     * @throws IllegalArgumentException for another name, or a value that does not fit
     */
    static Settings of(Map<String, String> given) {
        for (String name : given.keySet()) {
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException("the card manager has no setting " + name);
            }
        }
        int i = bytes(given, "i", String.format("%02X", Contract.Channel.I), 1)[0] & 0xFF;
        int version = bytes(given, "keyVersion", "FF", 1)[0] & 0xFF;
        if (version == 0) {
            throw new IllegalArgumentException("keyVersion: a key set cannot have version 00");
        }
        byte[] key = bytes(given, "key", PUBLIC_TEST_KEY, 16, 24, 32);
        byte[] cplc = bytes(given, "cplc", REFERENCE_CPLC, CPLC_LENGTH);
        return new Settings(new Dialect(i), version, key, cplc);
    }

    private static byte[] bytes(Map<String, String> given, String name, String otherwise, int... lengths) {
        byte[] value;
        try {
            value = HexFormat.of().parseHex(given.getOrDefault(name, otherwise));
        } catch (IllegalArgumentException failure) {
            throw new IllegalArgumentException(name + ": not hexadecimal digits", failure);
        }
        for (int length : lengths) {
            if (value.length == length) {
                return value;
            }
        }
        throw new IllegalArgumentException(name + ": not as many bytes as " + java.util.Arrays.toString(lengths));
    }

    /** Fabricator, date, batch and serial number of the chip, 10 bytes: the diversification data. */
    byte[] chipSerial() {
        return Bytes.join(
                java.util.Arrays.copyOfRange(cplc, 0, 2),
                java.util.Arrays.copyOfRange(cplc, 10, 12),
                java.util.Arrays.copyOfRange(cplc, 16, 18),
                java.util.Arrays.copyOfRange(cplc, 12, 16));
    }

    /** Without the key. */
    @Override
    public String toString() {
        return String.format("i %02X, key version %02X", dialect.i(), keyVersion);
    }
}
