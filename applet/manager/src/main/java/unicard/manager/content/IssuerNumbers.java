package unicard.manager.content;

import java.io.ByteArrayOutputStream;
import java.util.List;
import unicard.manager.Answer;
import unicard.manager.Command;
import unicard.manager.Contract.Limit;
import unicard.manager.state.CardContent;

/**
 * STORE DATA for the domain itself: issuer identification number (42) and card image number (45), in
 * a stream of blocks whose objects are stored with the last one, all or none (GlobalPlatform Card
 * 2.3.1, 11.11).
 */
public final class IssuerNumbers {
    private static final int LAST = 0x80;
    private static final int ISSUER_NUMBER = 0x42;
    private static final int CARD_NUMBER = 0x45;

    private final Registry registry;
    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();
    private int nextBlock;

    public IssuerNumbers(Registry registry) {
        this.registry = registry;
    }

    /** Drops a stream that is on its way. */
    public void forget() {
        stream.reset();
        nextBlock = 0;
    }

    /** STORE DATA. */
    public Answer store(Command command) {
        if (command.p2() == 0) {
            forget(); // block 00 always starts (SDI-04)
        }
        try {
            take(command);
        } catch (RuntimeException refused) {
            forget();
            throw refused;
        }
        return Answer.DONE;
    }

    private void take(Command command) {
        if (command.p2() != nextBlock) {
            throw Refused.wrongParameters();
        }
        stream.writeBytes(command.data());
        if (stream.size() > Limit.COMMAND_DATA) {
            throw Refused.malformed(); // two objects of 16 bytes are never so long
        }
        nextBlock++;
        if ((command.p1() & LAST) == 0) {
            return;
        }
        List<Tlv> objects = Tlv.readAll(stream.toByteArray());
        if (!objects.stream().allMatch(IssuerNumbers::isKept)) {
            throw Refused.notThere(); // SDI-05
        }
        boolean isTwice = objects.stream().map(Tlv::tag).distinct().count() < objects.size();
        if (isTwice || !objects.stream().allMatch(IssuerNumbers::fits)) {
            throw Refused.malformed(); // SDI-03
        }
        registry.change(content -> objects.forEach(object -> write(content, object)));
        registry.tidy();
        forget();
    }

    private static boolean isKept(Tlv object) {
        return object.tag() == ISSUER_NUMBER || object.tag() == CARD_NUMBER;
    }

    private static boolean fits(Tlv object) {
        return object.value().length > 0 && object.value().length <= Limit.ISSUER_DATA;
    }

    private static void write(CardContent content, Tlv object) {
        if (object.tag() == ISSUER_NUMBER) {
            content.setIssuerNumber(object.value());
        } else {
            content.setCardNumber(object.value());
        }
        content.setUntidy(true); // the number that was there
    }
}
