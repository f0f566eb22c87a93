package unicard.application;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/** PERFORM TRANSACTION: performs a basket, takes the one before it back, or answers what became of one. */
final class Transactions {
    /** The role whose transactions lift limits and tell the card the date. */
    static final byte LOAD = 0;

    private static final byte QUERY = 1;
    private static final byte SECURE_CLASS = (byte) 0x84;
    private static final short NUMBER = 3;
    private static final short RECEIPT = (short) (Layouts.RECEIPT_LENGTH + Layouts.MAC);

    private final Persistent lasting;
    private final Transient ram;
    private final Objects objects;
    private final ReceiptKeys receiptKeys;
    private final TransactionLog log;
    private final Receipts receipts;
    private final Verification verification;
    private final CardDate cardDate;
    private final Purses purses;
    private final Basket basket;

    Transactions(Persistent lasting, Transient ram, Objects objects, ReceiptKeys receiptKeys) {
        this.lasting = lasting;
        this.ram = ram;
        this.objects = objects;
        this.receiptKeys = receiptKeys;
        ObjectStore store = objects.store();
        log = new TransactionLog(lasting);
        receipts = new Receipts(lasting, objects, receiptKeys);
        verification = new Verification(ram, store);
        cardDate = new CardDate(store);
        purses = new Purses(lasting, ram, store, verification);
        basket = new Basket(objects.services(), store, verification, purses);
    }

    /**
     * Told of every command as it came, also of those that are refused: any but a query, which a session
     * protects, disarms a reverse. What was armed before is left to the command itself.
     */
    void commandComes(byte[] buffer) {
        ram.state[Transient.REVERSIBLE] = ram.state[Transient.ARMED];
        boolean isQuery =
                buffer[ISO7816.OFFSET_CLA] == SECURE_CLASS
                        && buffer[ISO7816.OFFSET_INS] == Contract.INS_PERFORM_TRANSACTION
                        && buffer[ISO7816.OFFSET_P1] == QUERY
                        && buffer[ISO7816.OFFSET_P2] == 0;
        if (!isQuery) {
            ram.state[Transient.ARMED] = 0;
        }
    }

    /** Performs or queries: command in the buffer, answer from offset 0; returns its length. */
    short run(byte[] buffer, short length) {
        short count = Requests.count(length);
        CommandTable.require(count != 0, Contract.SW_WRONG_LENGTH);
        byte role = ram.state[Transient.ROLE_NUMBER];
        boolean isQuery = buffer[ISO7816.OFFSET_P1] == QUERY;
        CommandTable.require(isQuery || Requests.isFormed(buffer, count), Contract.SW_INCORRECT_DATA);
        short record = log.find(buffer, Work.REQUEST);
        boolean isSame =
                record != TransactionLog.NONE
                        && log.isSame(record, buffer, Work.REQUEST, length, role);
        if (isQuery) {
            return query(buffer, record, isSame);
        }
        if (!isSame) {
            CommandTable.require(record == TransactionLog.NONE, Contract.SW_NAME_USED_BEFORE);
            perform(buffer, count, role);
            record = log.at((short) 1);
        }
        return Receipts.answer(log.memory(), record, buffer, (short) 0);
    }

    private short query(byte[] buffer, short record, boolean isSame) {
        short end = Util.arrayCopyNonAtomic(lasting.newest, (short) 0, buffer, (short) 1, NUMBER);
        if (record == TransactionLog.NONE) {
            buffer[0] = Layouts.RESULT_NOT_IN_THE_LOG;
        } else if (isSame) {
            buffer[0] = Layouts.RESULT_SAME;
            end = Receipts.answer(log.memory(), record, buffer, end);
        } else {
            buffer[0] = Layouts.RESULT_SAME_NAME_OTHER_BYTES_OR_ROLE;
        }
        return end;
    }

    /** Performs a request that is formed and whose name is new. */
    private void perform(byte[] buffer, short count, byte role) {
        boolean takesBack = Requests.isReverse(buffer);
        boolean activates = !lasting.activated;
        admit(buffer, takesBack);
        byte flags = verification.flags();
        if (activates) {
            CommandTable.require(flags != 0, Contract.SW_VERIFICATION_REQUIRED);
            flags = (byte) (flags | Layouts.FLAG_ACTIVATION);
        }
        receipts.begin(buffer, count, role, flags);
        short balances = count;
        if (takesBack) {
            balances = basket.reckonBack(buffer, log.memory(), log.at((short) 1));
        } else {
            basket.reckon(buffer, count, role);
        }
        receipts.end(buffer, balances);
        log.prepare(buffer, Work.RECORD);
        commit(buffer, balances, role == LOAD && !takesBack);
        verification.end();
        ram.state[Transient.ARMED] = (byte) (takesBack ? 0 : 1);
    }

    /** Throws what forbids any transaction now. */
    private void admit(byte[] buffer, boolean takesBack) {
        CommandTable.require(
                receipts.isCurrent(buffer), Contract.SW_CARD_TRANSACTION_NUMBER_NOT_CURRENT);
        cardDate.judge(buffer);
        boolean isInTime =
                takesBack ? ram.state[Transient.REVERSIBLE] != 0 : !cardDate.isExpired(buffer);
        CommandTable.require(
                isInTime && !lasting.suspended && !receipts.isUsedUp() && receiptKeys.isThere(),
                Contract.SW_CONDITIONS_OF_USE_NOT_SATISFIED);
    }

    /** All that a transaction changes, at once. */
    private void commit(byte[] buffer, short count, boolean loads) {
        JCSystem.beginTransaction();
        if (loads) {
            purses.forgetDebits();
            cardDate.raise(buffer);
        }
        basket.keep(buffer, count);
        receipts.keep(buffer);
        log.append();
        if (!lasting.activated) {
            lasting.activated = true;
        }
        JCSystem.commitTransaction();
    }

    /** READ RECORD: command in the buffer, answer from offset 0; returns its length. */
    short readRecord(byte[] buffer, short length) {
        CommandTable.require(
                objects.mayRead(Contract.TAG_TRANSACTION_LOG),
                Contract.SW_SECURITY_STATUS_NOT_SATISFIED);
        short number = (short) (buffer[ISO7816.OFFSET_P1] & 0xFF);
        if (number == 0 || number > log.count()) {
            ISOException.throwIt(Contract.SW_RECORD_NOT_FOUND);
        }
        return Util.arrayCopyNonAtomic(log.memory(), log.at(number), buffer, (short) 0, RECEIPT);
    }
}
