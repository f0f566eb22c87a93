package unicard.runtime;

import com.licel.jcardsim.base.SimulatorRuntime;
import com.licel.jcardsim.base.SimulatorSystem;
import java.lang.reflect.Field;

/** Which card's runtime jCardSim finds on the thread that works for the card now. */
final class ThreadBinding {
    private final ThreadLocal<SimulatorRuntime> current = ofJcardsim();

    @SuppressWarnings("unchecked")
    private static ThreadLocal<SimulatorRuntime> ofJcardsim() {
        try {
            Field field = SimulatorSystem.class.getDeclaredField("currentRuntime");
            field.setAccessible(true);
            return (ThreadLocal<SimulatorRuntime>) field.get(null);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException("this is not jCardSim's SimulatorSystem", failure);
        }
    }

    void bind(SimulatorRuntime runtime) {
        current.set(runtime);
    }

    /** A thread that outlives the card must not keep it. */
    void release() {
        current.remove();
    }
}
