package unicard.manager;

import java.util.HexFormat;
import unicard.manager.Contract.Sw;
import unicard.manager.state.DomainState;
import unicard.manager.state.KeySet;
import unicard.runtime.StatusWordException;

/** GET DATA (GlobalPlatform Card 2.3.1, 11.3). */
final class DomainData {
    private static final int CPLC = 0x9F7F;
    private static final int KEY_INFORMATION = 0xE0;
    private static final int CARD_DATA = 0x66;
    private static final int DIVERSIFICATION = 0xCF;
    private static final int SEQUENCE_COUNTER = 0xC1;
    private static final int ISSUER_NUMBER = 0x42;
    private static final int IMAGE_NUMBER = 0x45;

    private static final int KEY_ENTRY = 0xC0;
    private static final int AES = 0x88;

    /** Object identifiers of annex H.2: recognition data, GlobalPlatform 2.3.1, identification scheme. */
    private static final byte[] RECOGNITION =
            HexFormat.of()
                    .parseHex("06072A864886FC6B01" + "600C060A2A864886FC6B02020301" + "630906072A864886FC6B03");

    /** The object identifier of SCP03, behind which i follows. */
    private static final byte[] PROTOCOL = HexFormat.of().parseHex("2A864886FC6B0403");

    private final DomainState state;
    private final Settings settings;

    DomainData(DomainState state, Settings settings) {
        this.state = state;
        this.settings = settings;
    }

    Answer get(Command command) {
        boolean bare = command.cla() == 0;
        return Answer.of(
                switch (command.p1p2()) {
                    case CPLC -> Bytes.tlv(CPLC, settings.cplc());
                    case KEY_INFORMATION -> template(KEY_INFORMATION, keyInformation(), bare);
                    case CARD_DATA -> template(CARD_DATA, cardData(), bare);
                    case DIVERSIFICATION -> Bytes.tlv(DIVERSIFICATION, settings.chipSerial());
                    case SEQUENCE_COUNTER -> Bytes.tlv(SEQUENCE_COUNTER, sequenceCounter());
                    case ISSUER_NUMBER -> issuerData(ISSUER_NUMBER);
                    case IMAGE_NUMBER -> issuerData(IMAGE_NUMBER);
                    default -> throw absent();
                });
    }

    /** Of a template class 00 answers the value alone (ISO/IEC 7816-4, 11.4.3). */
    private static byte[] template(int tag, byte[] value, boolean bare) {
        return bare ? value : Bytes.tlv(tag, value);
    }

    private byte[] keyInformation() {
        byte[] entries = {};
        for (KeySet set : state.keys().sets()) {
            for (int number = KeySet.ENC; number <= KeySet.DEK; number++) {
                byte[] key = set.key(number);
                if (key != null) {
                    byte[] entry = Bytes.of(number, set.version(), AES, key.length);
                    entries = Bytes.join(entries, Bytes.tlv(KEY_ENTRY, entry));
                }
            }
        }
        return entries;
    }

    private byte[] cardData() {
        byte[] identifier = Bytes.tlv(0x06, PROTOCOL, Bytes.of(settings.dialect().i()));
        return Bytes.tlv(0x73, RECOGNITION, Bytes.tlv(0x64, identifier));
    }

    private byte[] sequenceCounter() {
        KeySet set = state.keys().firstComplete();
        if (!settings.dialect().pseudoRandom() || set == null) {
            throw absent();
        }
        return Bytes.number(set.counter().value(), Contract.Channel.SEQUENCE_COUNTER_LENGTH);
    }

    private byte[] issuerData(int tag) {
        byte[] value = state.issuerData(tag);
        if (value == null) {
            throw absent();
        }
        return Bytes.tlv(tag, value);
    }

    private static StatusWordException absent() {
        return new StatusWordException(Sw.REFERENCED_DATA_NOT_FOUND);
    }
}
