package unicard.application;

/** Data objects that are kept nowhere, but made of what the card has. */
final class ComputedObjects {
    private final RoleKeys roleKeys;
    private final ReceiptKeys receiptKeys;
    private final ServiceTable services;
    private final TransactionLog log;

    ComputedObjects(
            Persistent lasting, RoleKeys roleKeys, ReceiptKeys receiptKeys, ServiceTable services) {
        this.roleKeys = roleKeys;
        this.receiptKeys = receiptKeys;
        this.services = services;
        log = new TransactionLog(lasting);
    }

    /** Writes the value of a computed object; returns its length, 0 where it has none. */
    short write(short tag, byte[] target, short at) {
        switch (tag) {
            case Contract.TAG_ROLE_KEY_SETS:
                return roleKeys.list(target, at);
            case Contract.TAG_PURSE_COUNTERS:
                return services.counters(target, at);
            case Contract.TAG_RECEIPT_KEY_VERSION:
                if (!receiptKeys.isThere()) {
                    return 0;
                }
                target[at] = receiptKeys.version();
                return 1;
            case Contract.TAG_TRANSACTION_LOG:
                target[at] = (byte) log.count();
                return 1;
            default:
                return services.period(tag, target, at);
        }
    }
}
