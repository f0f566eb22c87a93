package unicard.runtime;

import com.licel.jcardsim.base.SimulatorRuntime;
import com.licel.jcardsim.base.TransientMemory;

/** As much of a runtime environment as static methods of probes need: JCSystem over a memory. */
final class Rig extends SimulatorRuntime implements Contexts {
    private static final class Transients extends TransientMemory {
        private final PersistentMemory memory;

        Transients(PersistentMemory memory) {
            this.memory = memory;
        }

        @Override
        protected void storeArray(Object array, byte event) {
            super.storeArray(array, event);
            memory.registerVolatile(array);
        }

        void deselect() {
            clearOnDeselect();
        }

        void reset() {
            clearOnReset();
        }
    }

    private final PersistentMemory memory;

    private Rig(PersistentMemory memory, TransientMemory transients) {
        super(transients);
        this.memory = memory;
    }

    /** A card with a commit buffer of 64 bytes and a memory of 4096. */
    static Rig card() {
        return card(new PersistentMemory(64, 4096, false));
    }

    static Rig card(PersistentMemory memory) {
        return card(memory, new Transients(memory));
    }

    static Rig card(PersistentMemory memory, TransientMemory transients) {
        Rig rig = new Rig(memory, transients);
        Hooks.use(memory, 1_000_000);
        rig.activateSimulatorRuntimeInstance();
        return rig;
    }

    PersistentMemory memory() {
        return memory;
    }

    @Override
    public String activePackage() {
        return "";
    }

    /** The same as that of who runs: its own. */
    @Override
    public String selectedPackage() {
        return "";
    }

    /** Power off and on: transient memory is cleared, an open transaction undone. */
    void powerCycle() {
        memory.powerOff();
        ((Transients) transientMemory).reset();
        memory.powerOn();
    }

    void deselectAll() {
        ((Transients) transientMemory).deselect();
    }

    /** Runs until the power fails instead of the n-th write. */
    boolean cutAt(long n, Runnable program) {
        memory.cutAt(n);
        try {
            program.run();
            memory.keepPower();
            return false;
        } catch (PowerCut cut) {
            return true;
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
}
