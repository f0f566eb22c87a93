package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** The call goes to a class below the one that is named. */
public final class NewBehindOverride extends Applet {
    private final Step step;

    private NewBehindOverride() {
        Deeper deeper = new Deeper();
        deeper.run();
        step = deeper;
    }

    /** Does nothing. */
    static class Step {
        /** Runs it. */
        void run() {}
    }

    /** Makes an object. */
    static final class Deeper extends Step {
        private Object kept;

        @Override
        void run() {
            kept = new Object();
        }

        Object kept() {
            return kept;
        }
    }

    public static void install(byte[] data, short offset, byte length) {
        new NewBehindOverride().register();
    }

    @Override
    public void process(APDU apdu) {
        step.run();
    }
}
