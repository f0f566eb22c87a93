package unicard.runtime;

import javacard.framework.AID;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/**
 * Calls into applets: whatever they throw becomes a status word, a transaction that they leave open is
 * aborted (JCRE 3.0.5, 7.6.2), and only a power cut and a hung applet come out as errors.
 */
final class AppletCalls {
    /** A call into an applet. */
    interface Call {
        void run() throws Throwable;
    }

    static final int DONE = 0x9000;

    private final PersistentMemory memory;
    private final CardRuntime runtime;
    private Throwable thrown;
    private boolean leftOpen;

    AppletCalls(PersistentMemory memory, CardRuntime runtime) {
        this.memory = memory;
        this.runtime = runtime;
    }

    /**
     * Runs code of an application.
     *
     * @param caller AID that getPreviousContextAID answers; null: the runtime environment itself
     * @return the status word: 9000, the reason of an ISOException, 6F00 for anything else thrown
     * @throws PowerCut where the power fails
     * @throws Hung where the applet does not come to an end
     */
    int run(Application application, AID caller, Call call) {
        Application before = runtime.activate(application, caller);
        int statusWord;
        try {
            statusWord = outcome(call);
        } finally {
            runtime.activate(before, null);
        }
        leftOpen = runtime.getTransactionDepth() != 0;
        if (leftOpen) {
            runtime.abortTransaction();
        }
        return statusWord;
    }

    private int outcome(Call call) {
        int statusWord = DONE;
        try {
            call.run();
        } catch (PowerCut | Hung end) {
            throw end;
        } catch (ISOException refusal) {
            statusWord = refusal.getReason() & 0xFFFF;
        } catch (Throwable failure) {
            thrown = failure;
            statusWord = ISO7816.SW_UNKNOWN & 0xFFFF;
        }
        if (memory.dead()) {
            throw new PowerCut();
        }
        return statusWord;
    }

    /** Whether the last call left a transaction open, which was aborted. */
    boolean leftTransactionOpen() {
        return leftOpen;
    }

    /** What was thrown since {@link #forget} and was no ISOException; null: nothing. */
    Throwable thrown() {
        return thrown;
    }

    void forget() {
        thrown = null;
    }

    /** Notes a failure that no call led to: a class that cannot be loaded. */
    void note(Throwable failure) {
        thrown = failure;
    }
}
