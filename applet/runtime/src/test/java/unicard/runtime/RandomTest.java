package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.licel.jcardsim.crypto.ByteContainer;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import javacard.security.KeyPair;
import javacard.security.RandomData;
import javacard.security.Signature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import probes.memory.Keys;
import unicard.weave.InWorld;

/** Numbers of one object do not foretell those of another, nor those of another card. */
@ExtendWith(InWorld.class)
class RandomTest {
    private final Rig card = Rig.card(new PersistentMemory(512, 65536, false));

    private static Keys pair() {
        Keys keys = new Keys();
        keys.makePair();
        keys.generate();
        return keys;
    }

    private static byte[] drawn(byte algorithm) {
        byte[] drawn = new byte[16];
        RandomData.getInstance(algorithm).nextBytes(drawn, (short) 0, (short) 16);
        return drawn;
    }

    @Test
    @SuppressWarnings("deprecation") // those that every card has
    void each_generator_draws_numbers_of_its_own() {
        byte[] algorithms = {RandomData.ALG_SECURE_RANDOM, RandomData.ALG_PSEUDO_RANDOM};
        for (byte algorithm : algorithms) {
            assertFalse(Arrays.equals(drawn(algorithm), drawn(algorithm)));
        }
    }

    @Test
    void each_key_pair_begins_with_a_key_of_its_own() {
        byte[] one = new byte[65];
        byte[] other = new byte[65];
        pair().w().getW(one, (short) 0);
        pair().w().getW(other, (short) 0);
        assertFalse(Arrays.equals(one, other));
    }

    private static byte[] signed(KeyPair pair) {
        Signature signature = Signature.getInstance(Signature.ALG_ECDSA_SHA_256, false);
        signature.init(pair.getPrivate(), Signature.MODE_SIGN);
        byte[] out = new byte[72];
        signature.sign(out, (short) 0, (short) 16, out, (short) 0);
        return out;
    }

    @Test
    void no_two_signatures_have_a_number_in_common() {
        KeyPair pair = pair().pair;
        assertFalse(Arrays.equals(signed(pair), signed(pair)));
    }

    @Test
    void a_key_is_written_in_as_many_writes_whatever_zeros_its_number_begins_with() {
        // One private key in 256 begins with a byte 00
        Set<Object> counts = new HashSet<>();
        for (int bit = 228; bit < 256; bit++) {
            ByteContainer value = new ByteContainer();
            card.memory().commandStarts();
            value.setBigInteger(BigInteger.ONE.shiftLeft(bit));
            counts.add(card.memory().writes());
            assertEquals(BigInteger.ONE.shiftLeft(bit), value.getBigInteger());
        }
        assertEquals(1, counts.size(), counts.toString());
    }
}
