package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import javacard.framework.JCSystem;
import javacard.security.AESKey;
import javacard.security.CryptoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import probes.memory.Keys;
import unicard.weave.InWorld;

/** Keys and key pairs: torn while they are written, cleared at their event. */
@ExtendWith(InWorld.class)
class KeyTest {
    private static final byte[] ONE = new byte[16];
    private static final byte[] TWO = new byte[16];

    static {
        Arrays.fill(ONE, (byte) 0x11);
        Arrays.fill(TWO, (byte) 0x22);
    }

    private final Rig card = Rig.card(new PersistentMemory(512, 16384, false));
    private final PersistentMemory memory = card.memory();
    private final Keys keys = new Keys();

    private static byte[] value(AESKey key) {
        byte[] value = new byte[16];
        assertEquals(16, key.getKey(value, (short) 0));
        return value;
    }

    @Test
    void a_key_without_value_is_not_initialized() {
        assertFalse(keys.aes.isInitialized());
        CryptoException refusal = assertThrows(CryptoException.class, () -> value(keys.aes));
        assertEquals(CryptoException.UNINITIALIZED_KEY, refusal.getReason());
        keys.set(ONE);
        assertTrue(keys.aes.isInitialized());
        assertArrayEquals(ONE, value(keys.aes));
        keys.aes.clearKey();
        assertFalse(keys.aes.isInitialized());
    }

    @Test
    void a_cut_while_a_key_is_set_leaves_the_old_key_or_none() {
        keys.set(ONE);
        memory.checkpoint();
        int cut = 1;
        while (card.cutAt(cut, () -> keys.set(TWO))) {
            card.powerCycle();
            assertEquals(cut == 1, keys.aes.isInitialized(), "cut at write " + cut);
            if (cut == 1) {
                assertArrayEquals(ONE, value(keys.aes));
            }
            memory.restore();
            memory.powerOn();
            assertArrayEquals(ONE, value(keys.aes), "restored");
            cut++;
        }
        assertArrayEquals(TWO, value(keys.aes));
        assertEquals(1 + 16 + 1, cut - 1);
    }

    @Test
    void an_abort_does_not_bring_the_old_key_back() {
        keys.set(ONE);
        keys.setAndAbort(TWO);
        assertArrayEquals(TWO, value(keys.aes));
    }

    @Test
    void where_keys_join_transactions_an_abort_brings_the_old_key_back() {
        Rig.card(new PersistentMemory(512, 16384, true));
        Keys joining = new Keys();
        joining.set(ONE);
        joining.setAndAbort(TWO);
        assertArrayEquals(ONE, value(joining.aes));
        JCSystem.beginTransaction();
        joining.aes.clearKey();
        assertFalse(joining.aes.isInitialized());
        JCSystem.abortTransaction();
        assertArrayEquals(ONE, value(joining.aes));
    }

    @Test
    void a_transient_key_is_forgotten_at_its_event_and_no_write() {
        memory.commandStarts();
        keys.untilReset.setKey(ONE, (short) 0);
        keys.untilDeselect.setKey(TWO, (short) 0);
        assertEquals(0, memory.writes());
        assertArrayEquals(TWO, value(keys.untilDeselect));
        card.deselectAll();
        assertFalse(keys.untilDeselect.isInitialized());
        assertTrue(keys.untilReset.isInitialized());
        assertArrayEquals(ONE, value(keys.untilReset));
        card.powerCycle();
        assertFalse(keys.untilReset.isInitialized());
    }

    @Test
    void a_transient_key_takes_its_room_when_it_is_built() {
        TransientHeap heap = new TransientHeap(memory, 100, 100);
        Rig.card(memory, heap);
        Keys more = new Keys();
        assertEquals(16 + 2, heap.resetUsed());
        assertEquals(16 + 2, heap.deselectUsed());
        more.untilReset.setKey(ONE, (short) 0);
        assertArrayEquals(ONE, value(more.untilReset));
        assertEquals(16 + 2, heap.resetUsed());
        assertEquals(0, heap.scratchArrays());
    }

    @Test
    void setting_a_key_from_outside_its_array_writes_nothing() {
        keys.set(ONE);
        memory.commandStarts();
        assertThrows(
                ArrayIndexOutOfBoundsException.class, () -> keys.aes.setKey(new byte[15], (short) 0));
        assertEquals(0, memory.writes());
        assertArrayEquals(ONE, value(keys.aes));
    }

    @Test
    void a_key_pair_is_written_public_key_first_and_each_key_is_torn() {
        keys.makePair();
        assertFalse(keys.w().isInitialized());
        keys.generate();
        byte[] firstPoint = point();
        assertTrue(keys.s().isInitialized());
        memory.checkpoint();
        // The curve point: 65 bytes and two marks. The private key begins after it.
        assertTrue(card.cutAt(2, keys::generate));
        card.powerCycle();
        assertFalse(keys.w().isInitialized());
        assertTrue(keys.s().isInitialized(), "the old private key beside no public key");
        memory.restore();
        memory.powerOn();
        assertArrayEquals(firstPoint, point());
        assertTrue(card.cutAt(68, keys::generate));
        card.powerCycle();
        assertTrue(keys.w().isInitialized());
        assertFalse(Arrays.equals(firstPoint, point()), "the new public key beside the old private one");
        assertTrue(keys.s().isInitialized());
        memory.restore();
        memory.powerOn();
        assertTrue(card.cutAt(69, keys::generate));
        card.powerCycle();
        assertTrue(keys.w().isInitialized());
        assertFalse(keys.s().isInitialized());
    }

    private byte[] point() {
        byte[] point = new byte[65];
        assertEquals(65, keys.w().getW(point, (short) 0));
        return point;
    }

    @Test
    void small_numbers_of_a_key_are_persistent_too() {
        keys.makePair();
        keys.setCofactor((short) 5);
        memory.checkpoint();
        assertTrue(card.cutAt(1, () -> keys.setCofactor((short) 6)));
        card.powerCycle();
        assertEquals(5, keys.w().getK());
        keys.setCofactor((short) 6);
        assertEquals(6, keys.w().getK());
        memory.restore();
        memory.powerOn();
        assertEquals(5, keys.w().getK());
    }

    @Test
    void a_value_that_grows_and_shrinks_is_read_as_it_was_set() {
        keys.makeRsa();
        byte[] got = new byte[8];
        keys.rsa.setExponent(new byte[] {3}, (short) 0, (short) 1);
        memory.checkpoint();
        keys.rsa.setExponent(new byte[] {1, 0, 1}, (short) 0, (short) 3);
        assertEquals(3, keys.rsa.getExponent(got, (short) 0));
        keys.rsa.setExponent(new byte[] {5}, (short) 0, (short) 1);
        assertEquals(1, keys.rsa.getExponent(got, (short) 0));
        assertEquals(5, got[0]);
        memory.restore();
        memory.powerOn();
        assertEquals(1, keys.rsa.getExponent(got, (short) 0));
        assertEquals(3, got[0]);
    }
}
