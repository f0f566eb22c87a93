package unicard.application;

/** Services that are purses: what is counted beside their records. */
final class Purses {
    /** What is counted of one purse: unverified spent, debits since LOAD. */
    static final short UNVERIFIED_SPENT = 0;
    static final short DEBITS_SINCE_LOAD = 4;
    static final short COUNTERS = 8;

    /** Persistent bytes for what is counted. */
    static final short MEMORY = (short) (Contract.LIMIT_SERVICES * COUNTERS);

    private Purses() {}

    /** Where in {@code Persistent.purseCounters} those of a service begin, id 1 to 16. */
    static short countersOf(byte id) {
        return (short) ((short) (id - 1) * COUNTERS);
    }
}
