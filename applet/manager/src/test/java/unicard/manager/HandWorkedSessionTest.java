package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.host.Hex.hex;
import static unicard.manager.host.Hex.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import unicard.card.JavaCard;
import unicard.manager.host.Cards;

/** Sessions worked out by hand, without any of this code, answered byte by byte. */
class HandWorkedSessionTest {
    private static final Path FOLDER = Path.of("..", "..", "tests", "card_simulator");
    private static final String CPLC_TAIL = "0001" + "00".repeat(24);

    private static List<String> lines(String file, char mark) throws IOException {
        List<String> found = new ArrayList<>();
        for (String line : Files.readAllLines(FOLDER.resolve(file))) {
            if (line.charAt(0) == mark) {
                found.add(line.substring(2));
            }
        }
        assertTrue(found.size() > 5);
        return found;
    }

    @Test
    void a_session_of_level_33_with_a_known_challenge_is_answered_byte_by_byte() throws IOException {
        CardManager manager = new CardManager(new KnownHost(), Cards.options(Map.of()));
        manager.manufacture();
        manager.restart();
        List<String> answers = new ArrayList<>();
        for (String command : lines("hand_worked_session.txt", '>')) {
            byte[] raw = hex(command);
            manager.commandStarts();
            if (raw[0] == 0 && raw[1] == (byte) 0xA4) {
                manager.deselect();
                answers.add(text(manager.select()));
            } else {
                answers.add(text(manager.process(raw)));
            }
        }
        assertEquals(lines("hand_worked_session.txt", '<'), answers);
    }

    @Test
    void a_session_in_s16_with_pseudo_random_challenges_is_answered_byte_by_byte() throws IOException {
        Map<String, String> settings = Map.of(
                "i", "71",
                "keyVersion", "01",
                "key", text(Cards.key(24)),
                "cplc", "5543" + "0001" + "5543" + "0000" + "0103" + "6001" + "00000001" + CPLC_TAIL);
        List<String> answers = new ArrayList<>();
        try (JavaCard card = JavaCard.insert(Cards.options(settings))) {
            for (String command : lines("hand_worked_s16_session.txt", '>')) {
                answers.add(text(card.transmit(hex(command))));
            }
        }
        assertEquals(lines("hand_worked_s16_session.txt", '<'), answers);
    }
}
