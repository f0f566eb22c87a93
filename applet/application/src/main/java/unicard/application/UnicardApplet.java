package unicard.application;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;
import org.globalplatform.Personalization;

/** The applet: makes the parts, takes commands to them and their answers back. */
public final class UnicardApplet extends Applet implements Personalization {
    private final Channel channel;
    private final LifeCycle lifeCycle;
    private final Handlers handlers;
    private final Commands commands;

    private UnicardApplet() {
        Persistent lasting = new Persistent();
        Transient ram = new Transient();
        IssuerSession issuer = new IssuerSession();
        Session session = new Session(ram, issuer);
        Aes aes = new Aes(ram);
        RoleKeys roleKeys = new RoleKeys(lasting, ram, session, aes);
        ReceiptKeys receiptKeys = new ReceiptKeys(lasting, aes);
        Objects objects = new Objects(lasting, ram, session, roleKeys, receiptKeys);
        RoleSession role = new RoleSession(ram, roleKeys, objects, aes);
        Pin pin = new Pin(lasting, ram);
        CardKey cardKey = new CardKey(lasting, ram, session, objects);
        channel = new Channel(ram, issuer, role);
        lifeCycle = new LifeCycle(lasting, session, objects, pin, cardKey, roleKeys, receiptKeys);
        Transactions transactions = new Transactions(lasting, ram, objects, receiptKeys);
        StoreData storeData =
                new StoreData(lasting, ram, session, lifeCycle, objects, pin, cardKey, receiptKeys);
        handlers =
                new Handlers(
                        ram, lifeCycle, objects, pin, cardKey, roleKeys, storeData, transactions);
        commands = new Commands(session, channel, lifeCycle, handlers);
    }

    /** Makes an instance; every object that it ever needs is made here. */
    public static void install(byte[] data, short offset, byte length) {
        new UnicardApplet().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void deselect() {
        channel.close();
        handlers.endStream();
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            select(apdu);
            return;
        }
        short statusWord = Contract.SW_SUCCESS;
        short length = 0;
        channel.commandStarts();
        try {
            length = commands.run(apdu);
        } catch (ISOException refused) {
            statusWord = refused.getReason();
        }
        length = channel.wrap(apdu.getBuffer(), length, statusWord);
        if (channel.isOver()) {
            handlers.endStream();
        }
        answer(apdu, length, statusWord);
    }

    private void select(APDU apdu) {
        deselect(); // nothing is left of a session that the platform ended without a word
        short length = lifeCycle.select(apdu.getBuffer());
        boolean terminated = lifeCycle.state() == Contract.STATE_TERMINATED;
        answer(apdu, length, terminated ? Contract.SW_SELECTED_BUT_TERMINATED : Contract.SW_SUCCESS);
    }

    private static void answer(APDU apdu, short length, short statusWord) {
        if (length > 0) {
            apdu.setOutgoingAndSend((short) 0, length);
        }
        if (statusWord != Contract.SW_SUCCESS) {
            ISOException.throwIt(statusWord);
        }
    }

    /**
     * STORE DATA that its domain got for this applet, after INSTALL for personalization; it answers no
     * data. The platform calls it: no other applet is given this interface.
     */
    @Override
    public short processData(byte[] in, short inOffset, short length, byte[] out, short outOffset) {
        Util.arrayCopyNonAtomic(in, inOffset, in, (short) 0, length);
        return commands.personalize(in, (short) (length - ISO7816.OFFSET_CDATA));
    }
}
