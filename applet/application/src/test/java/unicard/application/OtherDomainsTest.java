package unicard.application;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import javacard.framework.APDU;
import javacard.framework.ISOException;
import javacard.security.MessageDigest;
import org.globalplatform.SecureChannel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import unicard.card.CardOptions;
import unicard.card.JavaCard;

/** The applet with security domains that differ from our card's, as GlobalPlatform's API lets them. */
class OtherDomainsTest {
    private static final short AT = 5;
    private static final short LENGTH = 16;
    private static final short PIN = 8;
    private static final byte[] BLOCK = HexFormat.of().parseHex("245912FFFFFFFFFF");

    /** jCardSim makes none that others may use. */
    private static final MessageDigest SHA_256 =
            MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);

    private final OtherDomain domain = OtherDomain.bound();
    private final Persistent lasting = new Persistent();
    private final Transient ram = new Transient();
    private final IssuerSession issuer = new IssuerSession();
    private final Session session = new Session(ram, issuer);
    private final Aes aes = new Aes(ram);
    private final RoleKeys keys = new RoleKeys(lasting, ram, session, aes);
    private final RoleSession role = new RoleSession(ram, keys, null, aes);
    private final Channel channel = new Channel(ram, issuer, role);
    private final Secrets secrets = new Secrets(session, ram, SHA_256);
    private final byte[] buffer = new byte[261];

    @BeforeEach
    void open_an_issuer_session() {
        ram.state[Transient.SESSION] = Transient.ISSUER;
    }

    /** Puts what the domain decrypts to a secret with this padding into the buffer. */
    private void encrypted(String padding) throws Exception {
        byte[] signed = HexFormat.of().parseHex("8010" + HexFormat.of().formatHex(BLOCK));
        byte[] check = java.security.MessageDigest.getInstance("SHA-256").digest(signed);
        byte[] plain = new byte[LENGTH];
        System.arraycopy(BLOCK, 0, plain, 0, PIN);
        System.arraycopy(check, 0, plain, PIN, 4);
        System.arraycopy(HexFormat.of().parseHex(padding), 0, plain, 12, 4);
        for (int i = 0; i < LENGTH; i++) {
            buffer[AT + i] = (byte) ~plain[i];
        }
    }

    private boolean opens(byte[] content, short at) {
        return secrets.open(Contract.DGI_TRANSPORT_PIN, PIN, content, at, LENGTH, buffer);
    }

    @Test
    void a_secret_is_taken_from_a_domain_that_leaves_the_padding_and_from_one_that_takes_it_off()
            throws Exception {
        for (boolean discards : new boolean[] {false, true}) {
            domain.discards = discards;
            encrypted("80000000");
            assertTrue(opens(buffer, AT), "discards: " + discards);
            assertArrayEquals(BLOCK, Arrays.copyOfRange(buffer, AT, AT + PIN));
            encrypted("80000000");
            byte[] held = Arrays.copyOfRange(buffer, AT, AT + LENGTH);
            assertTrue(opens(held, (short) 0), "held, discards: " + discards);
            assertArrayEquals(BLOCK, Arrays.copyOf(held, PIN));
        }
    }

    @Test
    void a_secret_with_wrong_padding_is_refused_whoever_looks_at_it() throws Exception {
        for (String padding : new String[] {"81000000", "80000001", "00800000", "00000080"}) {
            domain.discards = false;
            encrypted(padding);
            assertFalse(opens(buffer, AT), padding);
        }
        domain.discards = true;
        encrypted("00800000");
        assertFalse(opens(buffer, AT), "one byte more than the secret and its check value");
    }

    @ParameterizedTest
    @ValueSource(bytes = {
        SecureChannel.NO_SECURITY_LEVEL,
        SecureChannel.AUTHENTICATED,
        (byte) (SecureChannel.AUTHENTICATED | SecureChannel.ANY_AUTHENTICATED),
        (byte) (SecureChannel.AUTHENTICATED | SecureChannel.R_MAC),
        (byte) (SecureChannel.AUTHENTICATED | SecureChannel.C_DECRYPTION),
        (byte) (SecureChannel.ANY_AUTHENTICATED | SecureChannel.C_MAC | SecureChannel.C_DECRYPTION)
    })
    void a_session_of_another_party_or_without_macs_is_none(byte level) {
        domain.level = level;
        assertEquals(0, issuer.level());
        assertFalse(session.mayWrite());
        buffer[0] = (byte) 0x84;
        assertEquals(0x6982, refusal(() -> channel.unwrap(buffer, (short) 8)));
        assertFalse(domain.calls.contains("unwrap"), "unwrap would have let it through");
        assertFalse(session.isOpen());
    }

    @Test
    void what_a_domain_refuses_to_unwrap_ends_the_session_with_6982_whatever_it_says() {
        domain.refusal = 0x6988;
        assertEquals(0x6982, refusal(() -> channel.unwrap(buffer, (short) 8)));
        assertTrue(domain.calls.contains("resetSecurity"));
        assertFalse(session.isOpen());
    }

    @Test
    void a_command_handed_over_by_the_domain_ends_a_role_s_session_and_the_flags() {
        ram.state[Transient.SESSION] = Transient.ROLE;
        ram.state[Transient.VERIFIED] = Transient.PIN;
        ram.enc.setKey(new byte[16], (short) 0);
        channel.lend(true);
        assertTrue(session.isIssuer());
        channel.lend(false);
        assertFalse(session.isOpen());
        assertFalse(ram.enc.isInitialized());
        assertEquals(0, ram.state[Transient.VERIFIED]);
        assertTrue(domain.calls.isEmpty(), "the domain's session is not the application's to end");
    }

    @Test
    void a_refusal_outlasts_what_the_domain_does_with_the_one_exception_object_of_the_card() {
        try (JavaCard card = JavaCard.insert(CardOptions.PLAIN)) {
            byte[] aid = HexFormat.of().parseHex("F04B315050");
            card.install(OtherDomainProbe.class.getName(), aid, new byte[0]);
            assertEquals(0x9000, send(card, "00A4040005F04B315050"));
            assertEquals(0x9000, send(card, "8050000008000000000000000000"));
            assertEquals(0x6300, send(card, "848233001000000000000000000000000000000000"));
        }
    }

    private static int send(JavaCard card, String command) {
        byte[] answer = card.transmit(HexFormat.of().parseHex(command));
        return (answer[answer.length - 2] & 0xFF) << 8 | answer[answer.length - 1] & 0xFF;
    }

    @Test
    void what_is_not_known_to_be_a_wire_can_be_heard() {
        for (byte type : new byte[] {APDU.PROTOCOL_T0, APDU.PROTOCOL_T1}) {
            assertTrue(Incoming.isWired((byte) (APDU.PROTOCOL_MEDIA_DEFAULT | type)));
            assertTrue(Incoming.isWired((byte) (APDU.PROTOCOL_MEDIA_USB | type)));
            for (int media = 0x10; media <= 0xF0; media += 0x10) {
                boolean isWired = media == (APDU.PROTOCOL_MEDIA_USB & 0xFF);
                assertEquals(isWired, Incoming.isWired((byte) (media | type)), "media " + media);
            }
        }
    }

    private static int refusal(Runnable command) {
        return assertThrows(ISOException.class, command::run).getReason() & 0xFFFF;
    }
}
