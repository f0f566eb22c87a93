package unicard.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.objectweb.asm.Opcodes.*;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Class files that javac does not write: limits, old and new bytecodes, broken files. */
class GeneratedProbesTest {
    static Stream<Map.Entry<Rule, List<byte[]>>> made() {
        return GeneratedProbes.all().entrySet().stream();
    }

    @ParameterizedTest
    @MethodSource("made")
    void a_made_class_is_refused_for_its_rule_and_no_other(Map.Entry<Rule, List<byte[]>> made) {
        assertEquals(Set.of(made.getKey()), rules(made.getValue()));
    }

    private static Set<Rule> rules(List<byte[]> classes) {
        return BytecodeGate.STANDARD.findings(classes).stream()
                .map(Finding::rule)
                .collect(Collectors.toSet());
    }

    @Test
    void what_is_just_within_the_limits_passes() {
        assertEquals(Set.of(), rules(GeneratedProbes.manyInterfaces(15)));
        assertEquals(Set.of(), rules(GeneratedProbes.manyClasses(255)));
        byte[] fields =
                GeneratedProbes.made(V1_7, "p/Full", writer -> GeneratedProbes.fields(writer, 255, 0));
        assertEquals(Set.of(), rules(List.of(fields)));
        byte[] methods =
                GeneratedProbes.made(V1_7, "p/Full", writer -> GeneratedProbes.methods(writer, 128, 0));
        assertEquals(Set.of(), rules(List.of(methods)));
        byte[] code =
                GeneratedProbes.method(
                        0,
                        visitor -> {
                            for (int i = 0; i < 32766; i++) {
                                visitor.visitInsn(NOP);
                            }
                            visitor.visitInsn(RETURN);
                        });
        assertEquals(Set.of(), rules(List.of(code)));
    }

    @Test
    void an_interface_has_one_interface_less_than_a_class() {
        assertEquals(Set.of(), rules(GeneratedProbes.interfaceOver(14)));
        assertEquals(Set.of(Rule.LIMIT_INTERFACES), rules(GeneratedProbes.interfaceOver(15)));
    }

    @Test
    void public_methods_of_object_count_as_inherited() {
        byte[] full =
                GeneratedProbes.made(
                        V1_7, "p/Full", writer -> GeneratedProbes.methods(writer, 128, ACC_PUBLIC));
        assertEquals(Set.of(Rule.LIMIT_METHODS), rules(List.of(full)));
    }

    @Test
    void bytes_that_are_no_class_file_are_a_finding() {
        assertEquals(Set.of(Rule.CLASS_FILE), rules(List.of(new byte[3])));
        assertEquals(Set.of(Rule.CLASS_FILE), rules(List.of("not a class".getBytes())));
        byte[] cut = new byte[20];
        System.arraycopy(GeneratedProbes.made(V1_7, "p/Cut", writer -> {}), 0, cut, 0, 20);
        assertEquals(Set.of(Rule.CLASS_FILE), rules(List.of(cut)));
    }

    @Test
    void a_class_file_newer_than_any_known_is_a_finding() {
        byte[] future = GeneratedProbes.made(V1_7, "p/Future", writer -> {});
        future[7] = (byte) 0xC8;
        assertEquals(Set.of(Rule.CLASS_VERSION), rules(List.of(future)));
    }
}
