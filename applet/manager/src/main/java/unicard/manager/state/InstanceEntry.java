package unicard.manager.state;

import javacard.framework.AID;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import org.globalplatform.GPRegistryEntry;
import unicard.manager.Contract.ContentState;

/** An application in the registry; it is also the entry that the application itself gets to see. */
public final class InstanceEntry implements GPRegistryEntry {
    private static final int PRIVILEGE_BYTES = 3;
    private static final int OWN_STATE = ContentState.SELECTABLE;

    private final byte[] domain;
    private final byte[] aid;
    private final AID name;
    private final LoadFileEntry loadFile;
    private final byte[] module;
    private final byte[] privileges = new byte[PRIVILEGE_BYTES];
    private final Applet applet;
    private byte lifeCycle;

    InstanceEntry(
            byte[] domain, LoadFileEntry loadFile, byte[] module, byte[] aid, int state, Applet applet) {
        this.domain = domain;
        this.loadFile = loadFile;
        this.module = Bytes.copy(module);
        this.aid = Bytes.copy(aid);
        this.name = new AID(aid, (short) 0, (byte) aid.length);
        this.lifeCycle = (byte) state;
        this.applet = applet;
    }

    public byte[] aid() {
        return aid;
    }

    public LoadFileEntry loadFile() {
        return loadFile;
    }

    public byte[] module() {
        return module;
    }

    /** 3 bytes, all 00: this card grants none. */
    public byte[] privileges() {
        return privileges;
    }

    public Applet applet() {
        return applet;
    }

    /** Life cycle code, with bit 80 while it is locked. */
    public int lifeCycle() {
        return lifeCycle & 0xFF;
    }

    public boolean locked() {
        return (lifeCycle & ContentState.LOCK_BIT) != 0;
    }

    /** Whether it was made selectable, locked or not. */
    public boolean selectable() {
        return (lifeCycle & OWN_STATE) == OWN_STATE;
    }

    /** Leads from INSTALLED to SELECTABLE; a lock stays: one write. */
    public void makeSelectable() {
        lifeCycle |= (byte) ContentState.SELECTABLE;
    }

    /** Locks or unlocks, whatever the state beneath: one write. */
    public void setLocked(boolean locked) {
        int state = lifeCycle & ~ContentState.LOCK_BIT;
        lifeCycle = (byte) (locked ? state | ContentState.LOCK_BIT : state);
    }

    @Override
    public AID getAID() {
        return name;
    }

    @Override
    public byte getState() {
        return lifeCycle;
    }

    @Override
    public short getPrivileges(byte[] baBuffer, short sOffset) {
        // The last byte first, so that a buffer that is too small is not written at all.
        for (int i = PRIVILEGE_BYTES - 1; i >= 0; i--) {
            baBuffer[sOffset + i] = privileges[i];
        }
        return (short) (sOffset + PRIVILEGE_BYTES);
    }

    @Override
    public boolean isPrivileged(byte bPrivilege) {
        int index = bPrivilege >> 3;
        return index >= 0
                && index < PRIVILEGE_BYTES
                && (privileges[index] & 0x80 >> (bPrivilege & 7)) != 0;
    }

    @Override
    public boolean isAssociated(AID sdAID) {
        return sdAID != null && sdAID.equals(domain, (short) 0, (byte) domain.length);
    }

    @Override
    public boolean setState(byte bState) {
        boolean lock = (bState & ContentState.LOCK_BIT) != 0;
        if (locked() || !selectable() || (!lock && (bState & OWN_STATE) != OWN_STATE)) {
            return false;
        }
        lifeCycle = lock ? (byte) (lifeCycle | ContentState.LOCK_BIT) : bState;
        return true;
    }

    @Override
    public void registerService(short sServiceName) {
        ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
    }

    @Override
    public void deregisterService(short sServiceName) {
        ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
    }
}
