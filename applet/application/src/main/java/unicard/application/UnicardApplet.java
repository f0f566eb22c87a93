package unicard.application;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISOException;
import org.globalplatform.Personalization;

/** The applet: makes the parts, takes commands to them and their answers back. */
public final class UnicardApplet extends Applet implements Personalization {
    private final Persistent lasting;
    private final Transient ram;
    private final Session session;
    private final Aes aes;
    private final RoleKeys roleKeys;
    private final Objects objects;
    private final RoleSession roleSession;
    private final Pin pin;
    private final CardKey cardKey;
    private final LifeCycle lifeCycle;
    private final StoreData storeData;

    private UnicardApplet() {
        lasting = new Persistent();
        ram = new Transient();
        session = new Session(ram);
        aes = new Aes(ram);
        roleKeys = new RoleKeys(lasting, ram, session, aes);
        objects = new Objects(session, ram);
        roleSession = new RoleSession(ram, roleKeys, objects, aes);
        pin = new Pin(lasting, ram);
        cardKey = new CardKey(lasting, ram, session, objects);
        lifeCycle = new LifeCycle(lasting, session);
        storeData = new StoreData(lasting, ram, session, objects, pin, cardKey);
    }

    /** Makes an instance; every object that it ever needs is made here. */
    public static void install(byte[] data, short offset, byte length) {
        new UnicardApplet().register(data, (short) (offset + 1), data[offset]);
    }

    @Override
    public void process(APDU apdu) {
        if (selectingApplet()) {
            return;
        }
        ISOException.throwIt(Contract.SW_INSTRUCTION_NOT_SUPPORTED);
    }

    @Override
    public short processData(byte[] in, short inOffset, short length, byte[] out, short outOffset) {
        ISOException.throwIt(Contract.SW_INSTRUCTION_NOT_SUPPORTED);
        return 0;
    }
}
