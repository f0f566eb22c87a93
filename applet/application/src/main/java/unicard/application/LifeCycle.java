package unicard.application;

/** Where the application stands: SELECT's answer, SET STATUS, and the erasure after termination. */
final class LifeCycle {
    private final Persistent lasting;
    private final Session session;

    LifeCycle(Persistent lasting, Session session) {
        this.lasting = lasting;
        this.session = session;
    }

    /** Life cycle code, derived from the marks. */
    byte state() {
        return Contract.STATE_BLANK;
    }

    /** Repairs what lost power left, and writes the FCI from offset 0; returns its length. */
    short select(byte[] buffer) {
        return 0;
    }

    /** SET STATUS: command in the buffer; returns the length of the answer, which is 0. */
    short setStatus(byte[] buffer, short length) {
        return 0;
    }
}
