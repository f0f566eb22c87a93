package unicard.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Classes of probes.gate.bad, and what each of them is refused for. */
class BadProbesTest {
    private static final String PACKAGE = "probes.gate.bad.";

    /** A rule and the classes that break it and no other. */
    private static final String REFUSED =
            """
            install: InstallOfOtherShape NoInstall
            new: NewArrayLiteral NewBehindOverride NewInCalledSelect NewException NewInProcess
                NewInSelect NewInSharedHelper
                NewInSharedObject NewInUnusedHelper
            allocation: CipherInProcess KeyInProcess TransientInProcess
            long: LongArithmetic LongConstant LongField LongParameter
            float: FloatArithmetic FloatField
            double: DoubleArray DoubleResult
            char: CharCast CharField
            string: StringConstant StringField StringInCode StringSum
            int: EnhancedFor IntArray IntConstant IntCounter IntField IntParameter IntResult IntVariable
            intermediate: LeftShiftCompared NegationCompared QuotientCompared SumAsLength SumCompared
                SumDivided SumInVariableCompared SumIndexed SumRemainder SumShifted SumSwitched
                SumTestedForZero UnsignedShiftCompared
            multi-array: ArrayOfArrays ArrayOfArraysField CastToArrayOfArrays
            thread: Notifier SynchronizedBlock SynchronizedMethod ThreadInField
            native: NativeMethod
            field-keyword: TransientField VolatileField
            reflection: ClassLiteral GetClass
            enum: Constants
            assert: Assertion
            static-init: StaticBlock StaticCall StaticCopy StaticObject StaticReferences
            finalize: Finalizer
            java-api: CatchesError CloneOfArray ForOverIterable ExceptionCause HashCode JavaUtil SystemGc
                UnknownException
            api: SimulatorClass SimulatorMember
            optional-api: OptionalBiometry OptionalTlv
            limit-array: LargeArray
            """;

    record Bad(String name, Rule rule) {}

    static Stream<Bad> refused() {
        List<Bad> bad = new ArrayList<>();
        Rule rule = null;
        for (String word : REFUSED.strip().split("\\s+")) {
            if (word.endsWith(":")) {
                String id = word.substring(0, word.length() - 1);
                rule = Rule.valueOf(id.toUpperCase(Locale.ROOT).replace('-', '_'));
            } else {
                bad.add(new Bad(word, rule));
            }
        }
        return bad.stream();
    }

    @Test
    void an_array_of_constants_is_refused_in_a_package_without_applet() throws Exception {
        List<byte[]> library = Probes.withNested("probes.gate.library.Tables");
        List<byte[]> applet = Probes.withNested("probes.gate.good.Purse");
        library.addAll(applet);
        List<Finding> findings = BytecodeGate.STANDARD.findings(library).stream()
                .filter(each -> each.className().startsWith("probes.gate.library."))
                .toList();
        assertEquals(List.of(Rule.STATIC_INIT), findings.stream().map(Finding::rule).toList());
        assertTrue(findings.get(0).toString().contains("the package has no applet"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void a_bad_probe_is_refused_for_its_rule_and_no_other(Bad bad) throws Exception {
        List<Finding> findings = BytecodeGate.STANDARD.findings(withWhatItNames(bad.name()));
        Set<Rule> rules = findings.stream().map(Finding::rule).collect(Collectors.toSet());
        assertEquals(Set.of(bad.rule()), rules, BytecodeGate.report(findings));
        assertTrue(findings.stream().anyMatch(each -> each.className().startsWith(PACKAGE + bad.name())));
    }

    private static List<byte[]> withWhatItNames(String name) throws Exception {
        List<byte[]> classes = Probes.withNested(PACKAGE + name);
        if (name.equals("StaticCopy")) {
            classes.addAll(Probes.withNested(PACKAGE + "StaticCall"));
        }
        return classes;
    }

    @Test
    void every_class_of_the_package_is_in_the_table() throws Exception {
        Set<String> listed = refused().map(bad -> PACKAGE + bad.name()).collect(Collectors.toSet());
        Set<String> there = new TreeSet<>(Probes.all().keySet());
        there.removeIf(name -> !name.startsWith(PACKAGE) || name.contains("$") || name.endsWith("-info"));
        assertEquals(there, new TreeSet<>(listed));
        assertTrue(there.size() >= 40);
    }

    @Test
    void every_rule_is_broken_by_a_probe() {
        EnumSet<Rule> unbroken = EnumSet.allOf(Rule.class);
        refused().forEach(bad -> unbroken.remove(bad.rule()));
        GeneratedProbes.all().keySet().forEach(unbroken::remove);
        assertEquals(EnumSet.noneOf(Rule.class), unbroken);
    }

    @Test
    void findings_name_the_line_and_say_what_to_do() throws Exception {
        Finding finding =
                BytecodeGate.STANDARD.findings(Probes.withNested(PACKAGE + "NewInProcess")).get(0);
        assertEquals("process(Ljavacard/framework/APDU;)V", finding.member());
        assertTrue(finding.line() > 0);
        assertTrue(finding.sentence().contains("; make it in a constructor"));
        assertFalse(finding.sentence().contains("null"));
    }
}
