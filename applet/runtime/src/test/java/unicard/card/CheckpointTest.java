package unicard.card;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a checkpoint brings back besides the memory: how ciphers and signatures were initialised. */
class CheckpointTest {
    private static final String AID = "F04B320001";
    private static final int SET_SESSION_KEY = 0x01;
    private static final int INIT_CIPHER = 0x02;
    private static final int ENCRYPT = 0x04;
    private static final int INIT_SIGNATURE = 0x07;
    private static final int SIGN = 0x09;
    private static final int WITH_SESSION_KEY = 1;
    private static final String INVALID_INIT = "6f84";

    private final JavaCard card = JavaCard.insert(CardOptions.PLAIN);

    @BeforeEach
    void install() {
        card.install("probes.rules.Sealer", HexFormat.of().parseHex(AID), new byte[0]);
        select();
    }

    @AfterEach
    void close() {
        card.close();
    }

    private void select() {
        send("00A4040005" + AID);
    }

    private String send(String command) {
        return HexFormat.of().formatHex(card.transmit(HexFormat.of().parseHex(command)));
    }

    private String ask(int ins, int p1) {
        return send(String.format("80%02X%02X00", ins, p1));
    }

    private void restore() {
        card.restore();
        card.reset();
        select();
    }

    @Test
    void what_was_not_initialised_then_is_not_initialised_again() {
        card.checkpoint();
        assertEquals(INVALID_INIT, ask(ENCRYPT, 0));
        ask(INIT_CIPHER, 0);
        ask(INIT_SIGNATURE, 0);
        restore();
        assertEquals(INVALID_INIT, ask(ENCRYPT, 0));
        assertEquals(INVALID_INIT, ask(SIGN, 0));
    }

    @Test
    void what_was_initialised_then_has_the_key_of_then() {
        ask(INIT_CIPHER, 0);
        ask(INIT_SIGNATURE, 0);
        String encrypted = ask(ENCRYPT, 0);
        String signed = ask(SIGN, 0);
        card.checkpoint();
        for (int again = 0; again < 2; again++) {
            ask(SET_SESSION_KEY, 0);
            ask(INIT_CIPHER, WITH_SESSION_KEY);
            ask(INIT_SIGNATURE, WITH_SESSION_KEY);
            restore();
            assertEquals(encrypted, ask(ENCRYPT, 0));
            assertEquals(signed, ask(SIGN, 0));
        }
    }
}
