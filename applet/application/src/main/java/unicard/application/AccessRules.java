package unicard.application;

/** Who may read and write an object, as its rule in the contract says. */
final class AccessRules {
    private static final short ALL_ROLES = (short) 0xFFFF;

    private final Session session;
    private final Transient ram;

    AccessRules(Session session, Transient ram) {
        this.session = session;
        this.ram = ram;
    }

    /** What is not for everyone is read outside a session, or in one that encrypts answers. */
    boolean mayRead(short row) {
        if (ObjectTable.has(row, DataTables.OBJECT_READ, DataTables.IF_ANYONE)) {
            return true;
        }
        return session.isUnheard() && isMet(row, DataTables.OBJECT_READ, DataTables.OBJECT_READ_ROLES);
    }

    /** The issuer writes in a session that protects and encrypts commands; a role's always does. */
    boolean mayWrite(short row) {
        return (!session.isIssuer() || session.mayWrite())
                && isMet(row, DataTables.OBJECT_WRITE, DataTables.OBJECT_WRITE_ROLES);
    }

    private boolean isMet(short row, short conditions, short roles) {
        byte verified = ram.state[Transient.VERIFIED];
        return ObjectTable.has(row, conditions, DataTables.IF_ANYONE)
                || ObjectTable.has(row, conditions, DataTables.IF_ISSUER) && session.isIssuer()
                || ObjectTable.has(row, conditions, DataTables.IF_PIN) && (verified & Transient.PIN) != 0
                || ObjectTable.has(row, conditions, DataTables.IF_FINGER)
                        && (verified & Transient.FINGER) != 0
                || isRole(ObjectTable.get(row, roles));
    }

    private boolean isRole(short roles) {
        if (roles == ALL_ROLES) {
            return session.isRole((byte) -1);
        }
        for (short role = 0; role < DataTables.ROLES; role++) {
            if ((short) (roles & (short) (1 << role)) != 0 && session.isRole((byte) role)) {
                return true;
            }
        }
        return false;
    }
}
