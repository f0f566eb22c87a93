package probes.gate.bad;

import javacard.framework.JCSystem;

/** Uses a constructor that the simulator added. */
final class SimulatorMember {
    final Object system = new JCSystem();
}
