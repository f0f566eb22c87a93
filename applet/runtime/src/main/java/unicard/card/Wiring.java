package unicard.card;

/** How the reader talks to the card, and with which protocol. */
public enum Wiring {
    /** Contacts, T=0. */
    CONTACT_T0,
    /** Contacts, T=1. */
    CONTACT_T1,
    /** ISO/IEC 14443 type A, T=CL. */
    CONTACTLESS
}
