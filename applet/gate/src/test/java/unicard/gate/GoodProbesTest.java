package unicard.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Proper applets pass, those of the other rooms' tests among them. */
class GoodProbesTest {
    /** Probes that break a rule on purpose: class (nested ones included) and rules. */
    private static final Map<String, Set<Rule>> ON_PURPOSE = new LinkedHashMap<>();

    static {
        // They take memory, or use an optional package, because that is what they ask about.
        except("probes.rules.Scribe", Rule.NEW);
        except("probes.rules.Keeper", Rule.NEW, Rule.ALLOCATION, Rule.OPTIONAL_API);
        // They show what creation in a command costs, and what a transaction takes back.
        except("probes.globalplatform.Entry", Rule.NEW);
        except("probes.globalplatform.Misfit", Rule.MULTI_ARRAY);
        except("probes.globalplatform.Personalized", Rule.NEW);
        except("probes.memory.Makings", Rule.NEW, Rule.MULTI_ARRAY);
        except("probes.memory.Keys", Rule.NEW, Rule.ALLOCATION);
        except("probes.memory.Pins", Rule.NEW);
        except("probes.memory.Loops", Rule.NEW);
        except("probes.memory.Copies", Rule.OPTIONAL_API);
        except("probes.environment.Memories", Rule.NEW, Rule.ALLOCATION);
        except("probes.environment.Traces", Rule.ALLOCATION);
        except("probes.gate.library.Tables", Rule.STATIC_INIT);
        except("probes.environment.Throws", Rule.NEW, Rule.JAVA_API);
        except("probes.environment.Garbage", Rule.NEW);
        except("probes.environment.Server", Rule.ALLOCATION);
        // They cannot be installed, or only into chaos, because that is what is asked.
        except("probes.environment.BrokenStatics", Rule.STATIC_INIT);
        except("probes.environment.NoInstall", Rule.INSTALL);
    }

    private static void except(String name, Rule... rules) {
        ON_PURPOSE.put(name, Set.of(rules));
    }

    private static List<byte[]> inPackage(String name) throws Exception {
        List<byte[]> found = new ArrayList<>();
        Probes.all()
                .forEach(
                        (each, bytes) -> {
                            if (each.startsWith(name + ".")) {
                                found.add(bytes);
                            }
                        });
        return found;
    }

    @Test
    void good_probes_are_clean() throws Exception {
        List<byte[]> good = inPackage("probes.gate.good");
        assertTrue(good.size() >= 8);
        assertEquals("", BytecodeGate.report(BytecodeGate.STANDARD.findings(good)));
    }

    @Test
    void the_one_liner_passes_good_folders_and_lists_what_is_wrong_in_others(@TempDir Path folder)
            throws Exception {
        for (Map.Entry<String, byte[]> each : Probes.all().entrySet()) {
            if (each.getKey().startsWith("probes.gate.good.")) {
                Files.write(folder.resolve(each.getKey() + ".class"), each.getValue());
            }
        }
        BytecodeGate.check(folder);
        Files.write(
                folder.resolve("Bad.class"), Probes.withNested("probes.gate.bad.LongField").get(0));
        AssertionError error = assertThrows(AssertionError.class, () -> BytecodeGate.check(folder));
        assertTrue(error.getMessage().startsWith("probes.gate.bad.LongField.value J [long]"));
    }

    @Test
    void all_other_probes_keep_every_rule_but_those_that_they_break_on_purpose() throws Exception {
        Map<String, Set<Rule>> broken = new TreeMap<>();
        List<byte[]> others = new ArrayList<>();
        Probes.all()
                .forEach(
                        (name, bytes) -> {
                            if (!name.startsWith("probes.gate.")) {
                                others.add(bytes);
                            }
                        });
        for (Finding finding : BytecodeGate.STANDARD.findings(others)) {
            String outer = finding.className().split("\\$")[0];
            if (!ON_PURPOSE.getOrDefault(outer, Set.of()).contains(finding.rule())) {
                broken.computeIfAbsent(finding.toString(), each -> new TreeSet<>()).add(finding.rule());
            }
        }
        assertEquals("", String.join("\n", broken.keySet()));
    }

    @Test
    void an_optional_package_passes_where_it_is_named() throws Exception {
        List<byte[]> probe = Probes.withNested("probes.gate.bad.OptionalTlv");
        assertEquals(1, BytecodeGate.STANDARD.findings(probe).size());
        assertEquals(
                List.of(),
                BytecodeGate.STANDARD.allowing("javacardx.framework.tlv").findings(probe));
    }
}
