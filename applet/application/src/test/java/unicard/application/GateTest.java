package unicard.application;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import unicard.gate.BytecodeGate;

class GateTest {
    @Test
    void the_applet_keeps_the_rules_of_the_card() throws Exception {
        BytecodeGate.check(Path.of("target/classes"));
    }
}
