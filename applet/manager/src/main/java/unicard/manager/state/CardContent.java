package unicard.manager.state;

import javacard.framework.Applet;
import unicard.manager.Contract.Limit;

/**
 * Load files, applications and the issuer's numbers, in places that are made with the card. What
 * changes more than one place is one step only inside {@code AppletHost.atomically}.
 */
public final class CardContent {
    private final byte[] domain;
    private final LoadFileEntry[] loaded = new LoadFileEntry[Limit.LOAD_FILES];
    private final InstanceEntry[] instances = new InstanceEntry[Limit.APPLICATIONS];
    private LoadFileEntry[] own = new LoadFileEntry[0];
    private byte[] issuerNumber;
    private byte[] cardNumber;
    private boolean untidy;

    CardContent(byte[] domain) {
        this.domain = Bytes.copy(domain);
    }

    /** Places for load files, the card's own first. */
    public int loadFilePlaces() {
        return own.length + loaded.length;
    }

    /** The load file in a place; null where it is free. */
    public LoadFileEntry loadFile(int place) {
        return place < own.length ? own[place] : loaded[place - own.length];
    }

    /** Whether the card came with a load file. */
    public boolean isOwn(LoadFileEntry file) {
        for (LoadFileEntry each : own) {
            if (each == file) {
                return true;
            }
        }
        return false;
    }

    public int instancePlaces() {
        return instances.length;
    }

    /** The application in a place; null where it is free. */
    public InstanceEntry instance(int place) {
        return instances[place];
    }

    /** Adds a load file that the card comes with; only while it is made. */
    public void addOwn(byte[] aid, int version, byte[][] modules) {
        LoadFileEntry[] more = new LoadFileEntry[own.length + 1];
        for (int i = 0; i < own.length; i++) {
            more[i] = own[i];
        }
        more[own.length] = new LoadFileEntry(aid, version, modules, 0);
        own = more;
    }

    /** Adds a loaded file. Returns false, and adds nothing, where no place is free. */
    public boolean add(byte[] aid, int version, byte[][] modules, int size) {
        for (int place = 0; place < loaded.length; place++) {
            if (loaded[place] == null) {
                loaded[place] = new LoadFileEntry(aid, version, modules, size);
                return true;
            }
        }
        return false;
    }

    /** Adds an application. Returns false, and adds nothing, where no place is free. */
    public boolean add(LoadFileEntry file, byte[] module, byte[] aid, int state, Applet applet) {
        for (int place = 0; place < instances.length; place++) {
            if (instances[place] == null) {
                instances[place] = new InstanceEntry(domain, file, module, aid, state, applet);
                return true;
            }
        }
        return false;
    }

    /** Takes an application off the card. */
    public void remove(InstanceEntry entry) {
        for (int place = 0; place < instances.length; place++) {
            if (instances[place] == entry) {
                instances[place] = null;
            }
        }
    }

    /** Takes a loaded file off the card. */
    public void remove(LoadFileEntry entry) {
        for (int place = 0; place < loaded.length; place++) {
            if (loaded[place] == entry) {
                loaded[place] = null;
            }
        }
    }

    /** Object 42, issuer identification number; null where there is none. */
    public byte[] issuerNumber() {
        return issuerNumber;
    }

    public void setIssuerNumber(byte[] value) {
        issuerNumber = Bytes.copy(value);
    }

    /** Object 45, card image number; null where there is none. */
    public byte[] cardNumber() {
        return cardNumber;
    }

    public void setCardNumber(byte[] value) {
        cardNumber = Bytes.copy(value);
    }

    /** Whether objects may be there that nothing reaches: something came in between. */
    public boolean untidy() {
        return untidy;
    }

    public void setUntidy(boolean mark) {
        untidy = mark;
    }
}
