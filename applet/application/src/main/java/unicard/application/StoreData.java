package unicard.application;

/** STORE DATA: the stream of data groupings (EMV CPS 1.1, 2.2 and 4.3) and what becomes of it. */
final class StoreData {
    private final Persistent lasting;
    private final Transient ram;
    private final Session session;
    private final Objects objects;
    private final Pin pin;
    private final CardKey cardKey;

    StoreData(
            Persistent lasting, Transient ram, Session session, Objects objects, Pin pin, CardKey cardKey) {
        this.lasting = lasting;
        this.ram = ram;
        this.session = session;
        this.objects = objects;
        this.pin = pin;
        this.cardKey = cardKey;
    }

    /** STORE DATA: the command without its protection in the buffer; returns the answer's length, 0. */
    short store(byte[] buffer, short length) {
        return 0;
    }

    /** Drops a stream that is not at its end; the caller does so after every refused STORE DATA. */
    void forget() {}
}
