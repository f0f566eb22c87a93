package unicard.application;

/** The data objects: where their values lie, who reads and writes them, and reading in parts. */
final class Objects {
    private final Session session;
    private final Transient ram;

    Objects(Session session, Transient ram) {
        this.session = session;
        this.ram = ram;
    }

    /** Whether the object has a value. */
    boolean has(short tag) {
        return false;
    }

    /** Copies the object's value, whatever its read rule; returns its length, 0 where it has none. */
    short copy(short tag, byte[] target, short offset) {
        return 0;
    }

    /** GET DATA: command in the buffer, answer from offset 0; returns its length. */
    short getData(byte[] buffer, short length) {
        return 0;
    }

    /** GET DATA PART: as {@link #getData}. */
    short getDataPart(byte[] buffer, short length) {
        return 0;
    }

    /** PUT DATA: as {@link #getData}. */
    short putData(byte[] buffer, short length) {
        return 0;
    }

    /** Erases finger templates and their spare slots; at termination. */
    void eraseTemplates() {}
}
