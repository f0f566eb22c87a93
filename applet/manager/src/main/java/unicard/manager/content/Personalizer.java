package unicard.manager.content;

import java.util.Arrays;
import org.globalplatform.Application;
import org.globalplatform.Personalization;
import unicard.manager.Answer;
import unicard.manager.Command;
import unicard.manager.Contract.Limit;
import unicard.manager.Contract.Sw;
import unicard.manager.state.InstanceEntry;
import unicard.runtime.AppletHost;
import unicard.runtime.StatusWordException;

/**
 * Turns STORE DATA to an application after INSTALL [for personalization] (SDI-06): until the last
 * block, whatever becomes of it, or another command. A refused block ends nothing.
 */
public final class Personalizer {
    private static final int LAST = 0x80;
    private static final int HEADER = 5;

    private final AppletHost host;
    private InstanceEntry waiting;

    public Personalizer(AppletHost host) {
        this.host = host;
    }

    /**
     * Begins.
     *
     * @throws StatusWordException 6985 for an application that cannot be selected, or cannot be
     *     personalized through its domain
     */
    void begin(InstanceEntry entry) {
        boolean listens =
                entry.applet() instanceof Personalization || entry.applet() instanceof Application;
        if (entry.locked() || !entry.selectable() || !listens) {
            throw Refused.conditions();
        }
        waiting = entry;
    }

    /** Ends. */
    public void forget() {
        waiting = null;
    }

    /**
     * Answers a STORE DATA where an application waits for it; null where none does.
     *
     * @throws StatusWordException the application's refusal
     */
    public Answer forward(Command command) {
        InstanceEntry application = waiting;
        if (application == null) {
            return null;
        }
        if ((command.p1() & LAST) != 0) {
            waiting = null;
        }
        byte[] answer = host.personalize(application.aid(), application.applet(), bytes(command));
        if (answer.length > Limit.SECURED_DATA) {
            throw new StatusWordException(Sw.NO_PRECISE_DIAGNOSIS); // no answer in a session is so long
        }
        return Answer.of(answer);
    }

    private static byte[] bytes(Command command) {
        byte[] data = command.data();
        byte[] bytes = Arrays.copyOf(
                new byte[] {
                    (byte) command.cla(),
                    (byte) command.ins(),
                    (byte) command.p1(),
                    (byte) command.p2(),
                    (byte) data.length
                },
                HEADER + data.length);
        System.arraycopy(data, 0, bytes, HEADER, data.length);
        return bytes;
    }
}
