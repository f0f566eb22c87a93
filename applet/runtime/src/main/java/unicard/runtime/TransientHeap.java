package unicard.runtime;

import com.licel.jcardsim.base.TransientMemory;
import java.lang.reflect.Array;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Predicate;
import javacard.framework.JCSystem;
import javacard.framework.SystemException;

/**
 * Transient memory (JCRE 3.0.5, chapter 5): arrays that a reset or a deselection clears, with room for
 * so many bytes of each kind.
 *
 * <p>A boolean and a byte are charged one byte, a short and a reference two, an array nothing more.
 * What is charged stays until nothing persistent reaches it and object deletion finds that out.
 *
 * <p>jCardSim makes transient arrays too, some for each use of a key, and so may the card manager. They
 * are told apart by who asks: where the first caller behind JCSystem is a class of {@code
 * com.licel.jcardsim}, {@code unicard.manager} or {@code org.globalplatform}, the array is cleared like
 * others but not charged, and is forgotten as soon as the JVM collects it.
 */
final class TransientHeap extends TransientMemory {
    private record Charge(byte event, String owner, int bytes) {}

    private final PersistentMemory memory;
    private final int resetRoom;
    private final int deselectRoom;
    private final Map<Object, Charge> charged = new IdentityHashMap<>();
    private final WeakArrays scratch = new WeakArrays();
    private Contexts contexts = Contexts.NONE;
    private int resetUsed;
    private int deselectUsed;

    TransientHeap(PersistentMemory memory, int resetRoom, int deselectRoom) {
        this.memory = memory;
        this.resetRoom = resetRoom;
        this.deselectRoom = deselectRoom;
    }

    /** Which packages own what is made from now on. */
    void use(Contexts whose) {
        contexts = whose;
    }

    @Override
    public boolean[] makeBooleanArray(short length, byte event) {
        return make(boolean.class, length, 1, event);
    }

    @Override
    public byte[] makeByteArray(int length, byte event) {
        return make(byte.class, length, 1, event);
    }

    @Override
    public short[] makeShortArray(short length, byte event) {
        return make(short.class, length, 2, event);
    }

    @Override
    public Object[] makeObjectArray(short length, byte event) {
        return make(Object.class, length, 2, event);
    }

    private <T> T make(Class<?> element, int length, int size, byte event) {
        if (event != JCSystem.CLEAR_ON_RESET && event != JCSystem.CLEAR_ON_DESELECT) {
            SystemException.throwIt(SystemException.ILLEGAL_VALUE);
        }
        if (length < 0) {
            throw new NegativeArraySizeException();
        }
        boolean own = Callers.platformAsks();
        if (!own) {
            check(event, length * size);
        }
        @SuppressWarnings("unchecked")
        T array = (T) Array.newInstance(element, length);
        memory.registerVolatile(array);
        String owner = contexts.activePackage();
        if (own) {
            scratch.add(array, event, owner);
        } else {
            charged.put(array, new Charge(event, owner, length * size));
            memory.allocatedTransient(array);
            use(event, length * size);
        }
        return array;
    }

    private void check(byte event, int bytes) {
        boolean deselect = event == JCSystem.CLEAR_ON_DESELECT;
        if (deselect && !contexts.activePackage().equals(contexts.selectedPackage())) {
            SystemException.throwIt(SystemException.ILLEGAL_TRANSIENT);
        }
        if (bytes > (deselect ? freeDeselect() : freeReset())) {
            SystemException.throwIt(SystemException.NO_TRANSIENT_SPACE);
        }
    }

    private void use(byte event, int bytes) {
        if (event == JCSystem.CLEAR_ON_DESELECT) {
            deselectUsed += bytes;
        } else {
            resetUsed += bytes;
        }
    }

    int resetUsed() {
        return resetUsed;
    }

    int deselectUsed() {
        return deselectUsed;
    }

    int freeReset() {
        return resetRoom - resetUsed;
    }

    int freeDeselect() {
        return deselectRoom - deselectUsed;
    }

    /** How many arrays of the platform's own the JVM has not collected yet. */
    int scratchArrays() {
        return scratch.size();
    }

    /** What is volatile without being made here, an APDU buffer, counts as cleared at reset. */
    @Override
    public byte isTransient(Object array) {
        Charge charge = charged.get(array);
        if (charge != null) {
            return charge.event;
        }
        return array != null && memory.isVolatile(array)
                ? JCSystem.CLEAR_ON_RESET
                : JCSystem.NOT_A_TRANSIENT_OBJECT;
    }

    @Override
    protected void clearOnReset() {
        charged.keySet().forEach(TransientHeap::clear);
        scratch.forEach((array, event, owner) -> clear(array));
    }

    /** Clears what a package has that does not outlast a deselection of its last applet. */
    void deselected(String owner) {
        memory.deselected();
        charged.forEach((array, charge) -> {
            if (charge.event == JCSystem.CLEAR_ON_DESELECT && charge.owner.equals(owner)) {
                clear(array);
            }
        });
        scratch.forEach((array, event, maker) -> {
            if (event == JCSystem.CLEAR_ON_DESELECT && maker.equals(owner)) {
                clear(array);
            }
        });
    }

    /** Gives back the room of arrays that nothing reaches. */
    void reclaim(Predicate<Object> reached) {
        charged.entrySet().removeIf(entry -> {
            boolean gone = !reached.test(entry.getKey());
            if (gone) {
                use(entry.getValue().event, -entry.getValue().bytes);
            }
            return gone;
        });
    }

    private static void clear(Object array) {
        int length = Array.getLength(array);
        if (length > 0) {
            Object zeros = Array.newInstance(array.getClass().getComponentType(), length);
            System.arraycopy(zeros, 0, array, 0, length);
        }
    }
}
