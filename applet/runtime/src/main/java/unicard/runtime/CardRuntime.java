package unicard.runtime;

import com.licel.jcardsim.base.SimulatorRuntime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.Shareable;
import javacard.framework.SystemException;
import javacardx.apdu.ExtendedLength;

/**
 * What {@code JCSystem}, {@code APDU} and {@code Applet} of jCardSim ask about the card: transactions,
 * memory, whose code runs, where answers go.
 *
 * <p>There is no firewall between applets, and a call of a shareable interface does not switch the
 * context: only getShareableInterfaceObject itself runs in the server's.
 */
final class CardRuntime extends SimulatorRuntime implements Contexts {
    private static final short MOST = Short.MAX_VALUE;

    private final PersistentMemory memory;
    private final TransientHeap heap;
    private final ApduBuffer shortBuffer = new ApduBuffer(shortAPDU);
    private final ApduBuffer extendedBuffer = new ApduBuffer(extendedAPDU);
    private final ThreadBinding thread = new ThreadBinding();
    private final Map<String, AID> aids = new HashMap<>();
    private Function<byte[], Application> registry = aid -> null;
    private Application selected;
    private Application active;
    private AID previous;
    private boolean deletionRequested;

    CardRuntime(PersistentMemory memory, TransientHeap heap) {
        super(heap);
        this.memory = memory;
        this.heap = heap;
        heap.use(this);
        lend(shortAPDU);
        lend(extendedAPDU);
    }

    private void lend(APDU apdu) {
        memory.registerVolatile(apdu.getBuffer());
        memory.lend(apdu.getBuffer());
        memory.lend(apdu);
    }

    /** Which applications there are. */
    void use(Function<byte[], Application> lookup) {
        registry = lookup;
    }

    /** This thread works for this card until {@link #leave}; else the thread would keep the card alive. */
    void enter() {
        thread.bind(this);
    }

    void leave() {
        thread.release();
    }

    /** The AID object for these bytes: applets may compare references. */
    AID aidObject(byte[] bytes) {
        return aids.computeIfAbsent(
                HexFormat.of().formatHex(bytes), key -> new AID(bytes, (short) 0, (byte) bytes.length));
    }

    Application selected() {
        return selected;
    }

    /** Selects an application, or nothing (null). */
    void select(Application application) {
        selected = application;
        active = application;
        previous = null;
    }

    /** Makes code run as an application, called by another one or, with null, by the runtime. */
    Application activate(Application application, AID caller) {
        Application before = active;
        active = application;
        previous = caller;
        return before;
    }

    void speak(byte protocol) {
        shortBuffer.speak(protocol);
        extendedBuffer.speak(protocol);
    }

    /** What a command is shown with; {@link #answer} starts empty. */
    APDU open(CommandApdu command, Applet applet, boolean selects) {
        usingExtendedAPDUs = command.extended();
        responseBufferSize = 0;
        selecting = selects;
        buffer().open(command, applet instanceof ExtendedLength);
        return buffer().apdu();
    }

    void close() {
        selecting = false;
        buffer().close();
    }

    /** What the applet has sent. */
    byte[] answer() {
        return Arrays.copyOf(responseBuffer, responseBufferSize);
    }

    private ApduBuffer buffer() {
        return usingExtendedAPDUs ? extendedBuffer : shortBuffer;
    }

    @Override
    public void sendAPDU(byte[] source, short offset, short length) {
        System.arraycopy(source, offset, responseBuffer, responseBufferSize, length);
        responseBufferSize += length;
    }

    /** Takes what {@code Applet.register} is called with while an install runs; null: no install runs. */
    void onRegister(BiConsumer<Applet, AID> callback) {
        if (callback == null) {
            registrationCallback.remove();
        } else {
            registrationCallback.set(callback::accept);
        }
    }

    @Override
    public void reset() {
        super.reset();
        Arrays.fill(responseBuffer, (byte) 0);
        shortBuffer.close();
        extendedBuffer.close();
        selecting = false;
        deletionRequested = false;
        select(null);
    }

    @Override
    public String activePackage() {
        return active == null ? "" : active.packageName();
    }

    @Override
    public String selectedPackage() {
        return selected == null ? "" : selected.packageName();
    }

    @Override
    public AID getAID() {
        return active == null ? null : active.aid();
    }

    @Override
    public AID getPreviousContextAID() {
        return previous;
    }

    @Override
    public AID lookupAID(byte[] source, short offset, byte length) {
        Application found = registry.apply(Arrays.copyOfRange(source, offset, offset + length));
        return found == null ? null : found.aid();
    }

    @Override
    public boolean isAppletSelecting(Object applet) {
        return selecting && active != null && active.applet() == applet;
    }

    @Override
    public Shareable getSharedObject(AID server, byte parameter) {
        byte[] name = new byte[16];
        Application found = registry.apply(Arrays.copyOf(name, server.getBytes(name, (short) 0)));
        if (found == null || found.applet() == null) {
            return null;
        }
        AID client = getAID();
        AID caller = previous;
        Application before = activate(found, client);
        try {
            return found.applet().getShareableInterfaceObject(client, parameter);
        } finally {
            activate(before, caller);
        }
    }

    @Override
    public void beginTransaction() {
        memory.begin();
    }

    @Override
    public void commitTransaction() {
        memory.commit();
    }

    @Override
    public void abortTransaction() {
        memory.abort();
        heap.reclaim(array -> !memory.transactionCreated().contains(array));
    }

    @Override
    public byte getTransactionDepth() {
        return memory.depth();
    }

    @Override
    public short getUnusedCommitCapacity() {
        return memory.unusedCapacity();
    }

    @Override
    public short getMaxCommitCapacity() {
        return memory.capacity();
    }

    @Override
    public short getAvailablePersistentMemory() {
        return (short) Math.min(memory.free(), MOST);
    }

    @Override
    public short getAvailableTransientResetMemory() {
        return (short) Math.min(heap.freeReset(), MOST);
    }

    @Override
    public short getAvailableTransientDeselectMemory() {
        return (short) Math.min(heap.freeDeselect(), MOST);
    }

    @Override
    public boolean isObjectDeletionSupported() {
        return true;
    }

    /** Done before the next command, as JCRE 3.0.5, 8.1 allows. */
    @Override
    public void requestObjectDeletion() {
        deletionRequested = true;
    }

    /** Whether an applet has asked for object deletion since this was last asked. */
    boolean takeDeletionRequest() {
        boolean requested = deletionRequested;
        deletionRequested = false;
        return requested;
    }

    /** Nothing that an applet does comes here: {@link Dispatcher} takes commands. */
    @Override
    public byte[] transmitCommand(byte[] command) throws SystemException {
        throw new UnsupportedOperationException("commands go through the dispatcher");
    }
}
