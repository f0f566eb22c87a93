package unicard.application;

import javacard.framework.OwnerPIN;

/** What the card keeps without power. Each field belongs to the class that its comment names. */
final class Persistent {
    /** LifeCycle: each mark is set by one write, or in a transaction with what it comes with. */
    boolean personalized;
    boolean activated;
    boolean suspended;
    boolean terminated;

    /** Pin: the block of ISO 9564-1 format 2; whether there is one, and whether it is a transport PIN. */
    final OwnerPIN pin;
    boolean pinStored;
    boolean pinIsTransport;

    /** Transaction number (3 bytes) and MAC of the newest receipt (8); zeros: none yet. */
    final byte[] newest;

    Persistent() {
        pin = new OwnerPIN((byte) Contract.LIMIT_PIN_TRIES, Pin.BLOCK);
        newest = new byte[11];
    }
}
