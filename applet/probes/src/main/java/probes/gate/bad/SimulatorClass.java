package probes.gate.bad;

import com.licel.jcardsim.base.SimulatorSystem;

/** Uses a class of the simulator. */
final class SimulatorClass {
    static Object system() {
        return SimulatorSystem.instance();
    }
}
