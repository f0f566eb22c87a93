package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;

/** Which part of the application carries out which command, once it has passed the checks. */
final class Handlers {
    private final Transient ram;
    private final LifeCycle lifeCycle;
    private final Objects objects;
    private final Pin pin;
    private final CardKey cardKey;
    private final RoleKeys roleKeys;
    private final StoreData storeData;
    private final Transactions transactions;

    Handlers(
            Transient ram,
            LifeCycle lifeCycle,
            Objects objects,
            Pin pin,
            CardKey cardKey,
            RoleKeys roleKeys,
            StoreData storeData,
            Transactions transactions) {
        this.ram = ram;
        this.lifeCycle = lifeCycle;
        this.objects = objects;
        this.pin = pin;
        this.cardKey = cardKey;
        this.roleKeys = roleKeys;
        this.storeData = storeData;
        this.transactions = transactions;
    }

    /** A command has come, whatever becomes of it; it stands in the buffer as it came. */
    void commandComes(byte[] buffer) {
        transactions.commandComes(buffer);
    }

    /** What ends with each command of a handshake: verified flags, and a stream of data groupings. */
    void endVerification() {
        ram.state[Transient.VERIFIED] = 0;
        endStream();
    }

    /** A stream ends with its session, with a handshake and with each refused STORE DATA. */
    void endStream() {
        storeData.forget();
    }

    /** Runs a command whose plain form is in the buffer; the answer's length comes back. */
    short run(byte[] buffer, short length) {
        switch (buffer[ISO7816.OFFSET_INS]) {
            case Contract.INS_GET_DATA:
                return objects.getData(buffer, length);
            case Contract.INS_GET_DATA_PART:
                return objects.getDataPart(buffer, length);
            case Contract.INS_PUT_DATA:
                return objects.putData(buffer, length);
            case Contract.INS_VERIFY:
                return pin.verify(buffer, length);
            case Contract.INS_CHANGE_REFERENCE_DATA:
                return pin.change(buffer, length);
            case Contract.INS_RESET_RETRY_COUNTER:
                return pin.reset(buffer, length);
            case Contract.INS_INTERNAL_AUTHENTICATE:
                return cardKey.authenticate(buffer, length);
            case Contract.INS_GENERATE_ASYMMETRIC_KEY_PAIR:
                return cardKey.generate(buffer, length);
            case Contract.INS_STORE_DATA:
                return store(buffer, length);
            case Contract.INS_PUT_KEY:
                return roleKeys.put(buffer, length);
            case Contract.INS_DELETE_KEY:
                return roleKeys.delete(buffer, length);
            case Contract.INS_PERFORM_TRANSACTION:
                return transact(buffer, length);
            case Contract.INS_READ_RECORD:
                return transactions.readRecord(buffer, length);
            case Contract.INS_SET_STATUS:
                return lifeCycle.setStatus(buffer, length);
            default: // a SELECT by name that fits nothing on the card
                ISOException.throwIt(Contract.SW_APPLICATION_NOT_FOUND);
                return 0;
        }
    }

    private short transact(byte[] buffer, short length) {
        short answered = transactions.run(buffer, length);
        lifeCycle.mirror();
        return answered;
    }

    /** STORE DATA whose session, parameters and length were looked at. */
    short store(byte[] buffer, short length) {
        short answered = storeData.store(buffer, length);
        lifeCycle.mirror();
        return answered;
    }
}
