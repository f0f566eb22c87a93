package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static unicard.manager.ContentBytes.INSTANCE;
import static unicard.manager.ContentBytes.PACKAGE;
import static unicard.manager.ContentBytes.announcement;
import static unicard.manager.ContentBytes.cap;
import static unicard.manager.ContentBytes.deletion;
import static unicard.manager.ContentBytes.hex;
import static unicard.manager.ContentBytes.installFor;
import static unicard.manager.ContentBytes.join;
import static unicard.manager.ContentBytes.loadFile;
import static unicard.manager.ContentBytes.named;
import static unicard.manager.ContentCard.aid;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands of content, right ones and spoiled ones, in any order. */
class RandomContentTest {
    private record Form(int ins, int p1, int p2, byte[] data) {}

    private static final List<Form> FORMS =
            List.of(
                    new Form(0xE6, 0x02, 0, announcement(PACKAGE)),
                    new Form(0xE8, 0x80, 0, loadFile(cap())),
                    new Form(0xE6, 0x0C, 0, installFor(INSTANCE)),
                    new Form(0xE6, 0x04, 0, installFor(aid(2))),
                    new Form(0xE6, 0x08, 0, named(aid(2))),
                    new Form(0xE6, 0x0C, 0, ContentCard.installData("Personalized", 3, new byte[1])),
                    new Form(0xE6, 0x20, 0, named(aid(3))),
                    new Form(0xE2, 0x08, 0, hex("00112233")),
                    new Form(0xE2, 0x90, 0, hex("42019845020102")),
                    new Form(0xF2, 0x40, 2, hex("4F005C039F704F")),
                    new Form(0xF2, 0x10, 2, hex("4F00")),
                    new Form(0xF0, 0x40, 0x80, INSTANCE),
                    new Form(0xF0, 0x40, 0x00, INSTANCE),
                    new Form(0xE4, 0, 0, deletion(aid(2))),
                    new Form(0xE4, 0, 0x80, deletion(PACKAGE)));

    /** What the contract has the card manager say to these commands inside a session. */
    private static final Set<Integer> WORDS =
            Set.of(0x9000, 0x6310, 0x6700, 0x6985, 0x6A80, 0x6A81, 0x6A84, 0x6A86, 0x6A88);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void every_command_is_answered_with_a_word_of_the_contract_and_the_session_goes_on(long seed) {
        Random random = new Random(seed);
        Set<Integer> seen = new TreeSet<>();
        try (ContentCard card = new ContentCard(0x01)) {
            for (int run = 0; run < 1500; run++) {
                Form form = FORMS.get(random.nextInt(FORMS.size()));
                boolean right = random.nextInt(3) > 0;
                byte[] data = right ? form.data : spoiled(form.data, random);
                int p1 = random.nextInt(20) == 0 ? random.nextInt(256) : form.p1;
                int p2 = random.nextInt(20) == 0 ? random.nextInt(256) : form.p2;
                boolean noWayBack = form.ins == 0xF0 && p1 == 0x80;
                boolean probeFails = form.ins == 0xE2 && data[0] != 0x00 && data[0] != 0x42;
                if (noWayBack || probeFails) {
                    continue;
                }
                int word = card.host.word(0x80, form.ins, p1, p2, data);
                seen.add(word);
                assertTrue(WORDS.contains(word), String.format("seed %d, run %d: %04X", seed, run, word));
            }
            assertEquals(0x9000, card.host.word(0x80, 0xF2, 0x80, 2, hex("4F00")));
            assertTrue(seen.containsAll(Set.of(0x9000, 0x6985, 0x6A80, 0x6A88)), seen.toString());
        }
    }

    private static byte[] spoiled(byte[] data, Random random) {
        byte[] other = data.clone();
        switch (random.nextInt(4)) {
            case 0 -> other[random.nextInt(other.length)] = (byte) random.nextInt();
            case 1 -> other = Arrays.copyOf(other, 1 + random.nextInt(other.length));
            case 2 -> other = join(other, new byte[] {(byte) random.nextInt()});
            default -> {
                int at = random.nextInt(other.length);
                other = join(Arrays.copyOf(other, at), Arrays.copyOfRange(other, at + 1, other.length));
                other = other.length == 0 ? data : other;
            }
        }
        return other;
    }
}
