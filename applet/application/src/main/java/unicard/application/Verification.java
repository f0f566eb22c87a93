package unicard.application;

/** What of the holder was verified, and whether that is enough for a service. */
final class Verification {
    private final Transient ram;
    private final ObjectStore store;
    private final short row;

    Verification(Transient ram, ObjectStore store) {
        this.ram = ram;
        this.store = store;
        row = ObjectTable.find(Contract.TAG_HOLDER_FLAGS);
    }

    /** The verified flags, bits of {@link Transient}. */
    byte flags() {
        return ram.state[Transient.VERIFIED];
    }

    /** Ends the verified flags, which a transaction uses up. */
    void end() {
        ram.state[Transient.VERIFIED] = 0;
    }

    /** Whether the flags satisfy a rule; on a finger-exempt card a finger is the PIN. */
    boolean satisfies(byte rule) {
        boolean pin = (flags() & Transient.PIN) != 0;
        boolean finger = isExempt() ? pin : (flags() & Transient.FINGER) != 0;
        switch (rule) {
            case Layouts.RULE_NONE:
                return true;
            case Layouts.RULE_PIN:
                return pin;
            case Layouts.RULE_FINGER:
                return finger;
            case Layouts.RULE_PIN_OR_FINGER:
                return pin || finger;
            default:
                return pin && finger;
        }
    }

    private boolean isExempt() {
        byte flags = store.memory()[store.at(row, Contract.TAG_HOLDER_FLAGS)];
        return (flags & DataTables.FINGER_EXEMPT) != 0;
    }
}
