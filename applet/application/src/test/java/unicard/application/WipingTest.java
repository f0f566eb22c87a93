package unicard.application;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.MessageDigest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Keys and PINs do not stay in the memory that is cleared at reset only, nor in the APDU buffer. */
class WipingTest {
    private static final byte VERSION = 0x53;
    private static final short PUT = 48;

    /** jCardSim makes none that others may use. */
    private static final MessageDigest SHA_256 =
            MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);

    private final OtherDomain domain = OtherDomain.bound();
    private final Persistent lasting = new Persistent();
    private final Transient ram = new Transient();
    private final Session session = new Session(ram, new IssuerSession());
    private final Aes aes = new Aes(ram);
    private final RoleKeys keys = new RoleKeys(lasting, ram, session, aes);
    private final RoleSession role = new RoleSession(ram, keys, null, aes);
    private final byte[] buffer = new byte[261];

    @BeforeEach
    void open_an_issuer_session() {
        ram.state[Transient.SESSION] = Transient.ISSUER;
    }

    private static byte[] key(int first) {
        byte[] key = new byte[Aes.BLOCK];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) (first + i);
        }
        return key;
    }

    /** Puts a key block as the domain decrypts it into the buffer; its check value is right. */
    private void block(int at, byte[] key) {
        buffer[at] = (byte) 0x88;
        buffer[at + 1] = Aes.BLOCK + 1;
        buffer[at + 2] = Aes.BLOCK;
        for (int i = 0; i < key.length; i++) {
            buffer[at + 3 + i] = (byte) ~key[i];
        }
        buffer[at + 19] = Aes.CHECK;
        ram.candidate.setKey(key, (short) 0);
        aes.checkValue(ram.candidate, buffer, (short) (at + 20));
        ram.candidate.clearKey();
    }

    private void putKey() {
        buffer[5] = VERSION;
        block(6, key(0x10));
        block(6 + KeyBlock.LENGTH, key(0x30));
        buffer[52] = 7;
    }

    private void assertNoKeyIsLeft() {
        assertIsNowhere(key(0x10));
        assertIsNowhere(key(0x30));
        assertFalse(ram.candidate.isInitialized());
    }

    /** Looks for four bytes out of the middle of a key. */
    private void assertIsNowhere(byte[] key) {
        for (byte[] memory : new byte[][] {buffer, ram.blocks, ram.channel}) {
            for (int at = 0; at + 4 <= memory.length; at++) {
                assertFalse(Arrays.equals(memory, at, at + 4, key, 4, 8), "byte " + at);
            }
        }
    }

    @Test
    void put_key_leaves_no_key_whether_it_is_taken_or_refused() {
        putKey();
        assertEquals(7, keys.put(buffer, PUT));
        assertNoKeyIsLeft();
        putKey();
        assertEquals(0x6985, refusal());
        assertNoKeyIsLeft();
        putKey();
        buffer[6 + KeyBlock.LENGTH + 20] ^= 1;
        assertEquals(0x6A80, refusal());
        assertNoKeyIsLeft();
    }

    private int refusal() {
        return assertThrows(ISOException.class, () -> keys.put(buffer, PUT)).getReason() & 0xFFFF;
    }

    @Test
    void a_session_keeps_its_keys_in_key_objects_alone() {
        putKey();
        keys.put(buffer, PUT);
        Util.arrayFillNonAtomic(ram.channel, (short) 0, RoleSession.MEMORY, (byte) 0x77);
        role.begin(keys.find(VERSION));
        for (AESKey each : new AESKey[] {ram.enc, ram.mac, ram.rmac}) {
            byte[] sessionKey = new byte[Aes.BLOCK];
            each.getKey(sessionKey, (short) 0);
            assertIsNowhere(sessionKey);
        }
    }

    @Test
    void a_secret_that_came_in_parts_is_not_left_where_it_was_decrypted() {
        byte[] held = key(0x40);
        new Secrets(session, ram, SHA_256).open((short) 0x8010, Pin.BLOCK, held, (short) 0, Aes.BLOCK, buffer);
        assertEquals((byte) ~0x40, held[0]);
        assertArrayEquals(new byte[buffer.length], buffer);
    }

    @Test
    void a_receipt_key_is_kept_in_its_key_object_alone() {
        byte[] held = new byte[17];
        System.arraycopy(key(0x40), 0, held, 1, Aes.BLOCK);
        held[0] = 5;
        ReceiptKeys receiptKeys = new ReceiptKeys(lasting, aes);
        receiptKeys.prepare(held, (short) 0);
        receiptKeys.choose();
        assertArrayEquals(new byte[held.length], held);
        receiptKeys.sign(buffer, (short) 0, Layouts.RECEIPT_LENGTH, buffer, (short) 0);
        assertIsNowhere(key(0x40));
    }

    @Test
    void a_stream_that_ends_leaves_nothing_of_what_it_held() {
        Arrays.fill(ram.held, (byte) 0x24);
        new DgiStream(ram, new ObjectStore(lasting)).forget();
        assertArrayEquals(new byte[DataTables.HELD], ram.held);
        assertTrue(domain.calls.isEmpty());
    }
}
