package unicard.application;

/** The key pair that proves that the card is genuine: P-256, made in the card. */
final class CardKey {
    private final Persistent lasting;
    private final Transient ram;
    private final Session session;
    private final Objects objects;

    CardKey(Persistent lasting, Transient ram, Session session, Objects objects) {
        this.lasting = lasting;
        this.ram = ram;
        this.session = session;
        this.objects = objects;
    }

    /** Whether a pair has been made. */
    boolean exists() {
        return false;
    }

    /** GENERATE ASYMMETRIC KEY PAIR: command in the buffer, answer from offset 0; returns its length. */
    short generate(byte[] buffer, short length) {
        return 0;
    }

    /** INTERNAL AUTHENTICATE: as {@link #generate}. */
    short authenticate(byte[] buffer, short length) {
        return 0;
    }

    /** Erases what a torn generation left; at SELECT. */
    void repair() {}

    /** Erases the pair, the private key first; at termination. */
    void erase() {}
}
