package unicard.runtime.state;

import javacard.framework.Applet;

/** An application on the card, and the one that came before it. */
public final class Registration {
    private final byte[] aid;
    private final Applet applet;
    private Registration next;

    Registration(byte[] aid, Applet applet) {
        this.aid = new byte[aid.length];
        for (int i = 0; i < aid.length; i++) {
            this.aid[i] = aid[i];
        }
        this.applet = applet;
    }

    public byte[] aid() {
        return aid;
    }

    public Applet applet() {
        return applet;
    }

    /** The next in the order of installation; null at the end. */
    public Registration next() {
        return next;
    }

    void follow(Registration follower) {
        next = follower;
    }
}
