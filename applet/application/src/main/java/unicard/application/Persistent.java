package unicard.application;

import javacard.framework.OwnerPIN;
import javacard.security.AESKey;
import javacard.security.KeyBuilder;
import javacard.security.KeyPair;

/** What the card keeps without power. Each field belongs to the class that its comment names. */
final class Persistent {
    /** LifeCycle: each mark is set by one write, or in a transaction with what it comes with. */
    boolean personalized;
    boolean activated;
    boolean suspended;
    boolean terminated;
    /** Nothing is left to erase of a terminated card. */
    boolean erased;

    /** Pin: the block of ISO 9564-1 format 2; whether there is one, and whether it is a transport PIN. */
    final OwnerPIN pin;
    boolean pinStored;
    boolean pinIsTransport;

    /** Transaction number (3 bytes) and MAC of the newest receipt (8); zeros: none yet. */
    final byte[] newest;

    /** TransactionLog: records, and where they are. */
    final byte[] log;
    final byte[] logPlaces;

    /** Purses: for each service record unverified spent (4) and debits since LOAD (4). */
    final byte[] purseCounters;

    /** RoleKeys: one place a slot. */
    final AESKey[] roleEnc;
    final AESKey[] roleMac;
    final byte[] roleMaster;
    final byte[] roleState;

    /** ObjectStore: all values, and which slot of those that have two holds theirs. */
    final byte[] objects;
    final byte[] chosenSlots;

    /** ReceiptKeys: which of the slots signs, and whether the other may hold something. */
    final AESKey[] receiptKey;
    final byte[] receiptVersion;
    byte receiptSlot;
    boolean spareReceiptSlotUsed;

    /** CardKey: which of the pairs is the card's, and whether the other may hold something. */
    final KeyPair[] cardPairs;
    byte cardPair;
    boolean sparePairUsed;

    Persistent() {
        pin = new OwnerPIN((byte) Contract.LIMIT_PIN_TRIES, Pin.BLOCK);
        newest = new byte[11];
        log = new byte[TransactionLog.MEMORY];
        logPlaces = new byte[TransactionLog.PLACES];
        purseCounters = new byte[Purses.MEMORY];
        roleEnc = new AESKey[RoleKeys.SLOTS];
        roleMac = new AESKey[RoleKeys.SLOTS];
        for (short slot = 0; slot < RoleKeys.SLOTS; slot++) {
            roleEnc[slot] = key(KeyBuilder.TYPE_AES);
            roleMac[slot] = key(KeyBuilder.TYPE_AES);
        }
        roleMaster = new byte[RoleKeys.SLOTS];
        roleState = new byte[RoleKeys.SLOTS];
        objects = new byte[DataTables.MEMORY];
        chosenSlots = new byte[DataTables.PAIRS];
        receiptKey = new AESKey[ReceiptKeys.SLOTS];
        receiptKey[0] = key(KeyBuilder.TYPE_AES);
        receiptKey[1] = key(KeyBuilder.TYPE_AES);
        receiptVersion = new byte[ReceiptKeys.SLOTS];
        cardPairs = new KeyPair[2];
        cardPairs[0] = new KeyPair(KeyPair.ALG_EC_FP, KeyBuilder.LENGTH_EC_FP_256);
        cardPairs[1] = new KeyPair(KeyPair.ALG_EC_FP, KeyBuilder.LENGTH_EC_FP_256);
    }

    /** An empty AES-128 key of this type; only for constructors. */
    static AESKey key(byte type) {
        return (AESKey) KeyBuilder.buildKey(type, KeyBuilder.LENGTH_AES_128, false);
    }
}
