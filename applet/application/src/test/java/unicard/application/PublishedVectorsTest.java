package unicard.application;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import javacard.framework.ISOException;
import javacard.security.AESKey;
import javacardx.crypto.Cipher;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Published vectors of what role sessions are made of, on jCardSim as it is. */
class PublishedVectorsTest {
    private final Persistent lasting = new Persistent();
    private final Transient ram = new Transient();
    private final Aes aes = new Aes(ram);
    private final RoleKeys keys = new RoleKeys(lasting, ram, null, aes);
    private final RoleSession session = new RoleSession(ram, keys, null, aes);
    private final byte[] buffer = new byte[261];

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    private void put(byte[] bytes) {
        System.arraycopy(bytes, 0, buffer, 0, bytes.length);
    }

    private AESKey key(String digits) {
        ram.candidate.setKey(hex(digits), (short) 0);
        return ram.candidate;
    }

    @Test
    void cmac_is_that_of_rfc_4493() {
        // Section 4, examples 2 to 4: messages of 16, 40 and 64 bytes
        AESKey key = key("2b7e151628aed2a6abf7158809cf4f3c");
        byte[] message = hex(
                "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51"
                        + "30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710");
        String[] macs = {
            "070a16b46b4d4144f79bdd9dd04a287c",
            "dfa66747de9ae63030ca32611497c827",
            "51f0bebf7e3b9d92fc49741779363cfe",
        };
        int[] lengths = {16, 40, 64};
        for (int i = 0; i < macs.length; i++) {
            byte[] mac = new byte[16];
            aes.begin(key, message, (short) 0);
            aes.mac(message, Aes.BLOCK, (short) (lengths[i] - 16), mac, (short) 0);
            assertArrayEquals(hex(macs[i]), mac, lengths[i] + " bytes");
        }
    }

    @Test
    void cbc_is_that_of_sp_800_38a() {
        // F.2.1 and F.2.2; the ICV of the standard, decrypted, is the block that encrypts to it
        AESKey key = key("2b7e151628aed2a6abf7158809cf4f3c");
        byte[] counter = hex("000102030405060708090a0b0c0d0e0f");
        Cipher block = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
        block.init(key, Cipher.MODE_DECRYPT);
        block.doFinal(counter, (short) 0, (short) 16, counter, (short) 0);
        byte[] plain = hex("6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51");
        byte[] data = plain.clone();
        aes.cbc(key, Cipher.MODE_ENCRYPT, counter, (short) 0, data, (short) 0, (short) 32);
        assertArrayEquals(
                hex("7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2"), data);
        aes.cbc(key, Cipher.MODE_DECRYPT, counter, (short) 0, data, (short) 0, (short) 32);
        assertArrayEquals(plain, data);
    }

    /**
     * A session recorded with an eUICC (Osmocom pySim, test_globalplatform.py; the same is in
     * tests/vectors/scp03_sessions.json): AES-128, S8, level 33.
     */
    @BeforeEach
    void begin() {
        short slot = 0;
        lasting.roleEnc[slot].setKey(hex("000102030405060708090a0b0c0d0e0f"), (short) 0);
        lasting.roleMac[slot].setKey(hex("101112131415161718191a1b1c1d1e1f"), (short) 0);
        byte[] challenges = hex("fdf38259a1e0de44 3b1aca81e821f219");
        System.arraycopy(challenges, 0, ram.channel, RoleSession.HOST_CHALLENGE, challenges.length);
        session.begin(slot);
    }

    private void authenticate() {
        put(hex("84823300108c36f96bcc00724a4e13ad591d7da3f0"));
        session.externalAuthenticate(buffer);
    }

    private void assertOpens(String wrapped, String plain) {
        byte[] command = hex(wrapped);
        put(command);
        short length = session.unwrap(buffer, (short) (command[4] & 0xFF));
        assertArrayEquals(hex(plain), Arrays.copyOf(buffer, 5 + length));
    }

    @Test
    void a_recorded_session_is_opened_and_understood() {
        authenticate();
        assertOpens(
                "84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f", "80e2910006bf3e035c015a");
        put(hex("bf3e125a10898821199000000000000000000000059000"));
        short length = session.wrap(buffer, (short) 21, (short) 0x9000);
        assertArrayEquals(
                hex("f3ba2b1013aa6224f5e1c138d71805c569e5439b47576260b75fc021b25097cb2e68f8a0144975b9"),
                Arrays.copyOf(buffer, length));
        assertOpens("84f2200208ac6a59024bed84cc", "80f2200200");
        assertOpens("84ca006608409912ad8fb7aed0", "80ca006600");
        assertOpens(
                "84f22002185f3dafc3ac14c381536a488bf44e06d056df9d74dbd21e5a",
                "80f220020a4f0212345c054f9f70c5");
        assertOpens("84f280021865165105be3373347d0424d4400af2ac393f569ec779389e", "80f28002024f00");
    }

    private void assertRefused(int word, String command, Runnable step) {
        put(hex(command));
        ISOException refusal = assertThrows(ISOException.class, step::run);
        assertEquals((short) word, refusal.getReason());
    }

    @Test
    void the_host_cryptogram_is_judged_before_the_mac() {
        Runnable step = () -> session.externalAuthenticate(buffer);
        assertRefused(0x6300, "84823300108c36f96bcc00724b4e13ad591d7da3f0", step);
        assertRefused(0x6300, "84823300100c36f96bcc00724a4e13ad591d7da3f1", step);
        assertRefused(0x6982, "84823300108c36f96bcc00724a4e13ad591d7da3f1", step);
        assertRefused(0x6982, "84823300108c36f96bcc00724ace13ad591d7da3f0", step);
        assertRefused(0x6982, "84823200108c36f96bcc00724a4e13ad591d7da3f0", step);
        authenticate();
    }

    @Test
    void every_cut_of_a_protected_command_is_refused() {
        byte[] command = hex("84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f");
        authenticate();
        for (int length = 0; length < 24; length++) {
            put(command);
            buffer[4] = (byte) length;
            short shorter = (short) length;
            ISOException refusal = assertThrows(ISOException.class, () -> session.unwrap(buffer, shorter));
            assertEquals((short) 0x6982, refusal.getReason(), length + " bytes");
        }
    }

    @Test
    void keys_and_chain_are_forgotten() {
        authenticate();
        session.close();
        assertArrayEquals(new byte[RoleSession.MEMORY], ram.channel);
        assertTrue(!ram.enc.isInitialized() && !ram.mac.isInitialized() && !ram.rmac.isInitialized());
    }
}
