package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Objects told apart by identity, also where an applet's recursion runs out of stack in the table. */
class WeakTableTest {
    private final WeakTable table = new WeakTable();
    private final List<Object> objects = new ArrayList<>();

    private void fill(int count) {
        for (int i = 0; i < count; i++) {
            objects.add(new byte[1]);
            table.put(objects.get(i), i);
        }
    }

    @Test
    void what_is_put_is_found_by_identity_with_its_last_number() {
        fill(1000);
        table.put(objects.get(7), 70);
        for (int i = 0; i < objects.size(); i++) {
            assertEquals(i == 7 ? 70 : i, table.get(objects.get(i)));
        }
        assertFalse(table.contains(new byte[1]));
        assertEquals(IntStream.range(0, 1000).sum() + 63, table.sum(each -> true));
    }

    @Test
    void what_does_not_pass_is_dropped() {
        fill(1000);
        table.retain(each -> objects.indexOf(each) % 2 == 0);
        for (int i = 0; i < objects.size(); i++) {
            assertEquals(i % 2 == 0 ? i : -1, table.get(objects.get(i)));
        }
    }

    @Test
    void a_table_whose_change_breaks_off_is_as_before() {
        fill(100);
        int[] left = {50};
        assertThrows(StackOverflowError.class, () -> table.retain(each -> {
            if (--left[0] == 0) {
                throw new StackOverflowError();
            }
            return false;
        }));
        assertTrue(objects.stream().allMatch(table::contains));
    }
}
