package unicard.stock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rule by rule, what jCardSim as it comes keeps of the runtime environment, and what this runtime does. */
class StockRulesTest {
    static Stream<RuntimeRule> rules() {
        return RuntimeRules.all().stream();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void our_card_keeps_the_rule(RuntimeRule rule) {
        assertTrue(rule.keptBy(new OurSeat()), rule.says());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void stock_keeps_or_breaks_the_rule_as_the_table_says(RuntimeRule rule) {
        assertEquals(rule.stockKeeps(), rule.keptBy(new StockSeat()), rule.says());
    }

    @Test
    void the_table_in_the_documentation_tells_what_the_cards_answer() throws Exception {
        String document = Files.readString(Path.of("../../docs/java-card-runtime.md"));
        assertEquals(RuleTable.into(document), document, "write it anew: see the document's own words");
    }

    @Test
    void stock_breaks_most_of_what_a_tearing_safe_applet_rests_on() {
        assertTrue(rules().filter(rule -> !rule.stockKeeps()).count() >= 20);
    }
}
