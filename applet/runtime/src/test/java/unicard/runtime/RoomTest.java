package unicard.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import javacard.framework.JCSystem;
import javacard.framework.SystemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import probes.memory.Makings;
import unicard.weave.InWorld;

/** What objects cost, what an abort gives back, and what constructors and class initialisers may do. */
@ExtendWith(InWorld.class)
class RoomTest {
    private final Rig card = Rig.card(new PersistentMemory(256, 1024, false));
    private final PersistentMemory memory = card.memory();
    private final Makings makings = new Makings();

    private int cost(Runnable making) {
        int before = memory.used();
        making.run();
        return memory.used() - before;
    }

    @Test
    void objects_and_arrays_are_charged_a_header_and_their_content() {
        assertEquals(8 + 20, cost(() -> makings.bytes((short) 20)));
        assertEquals(8 + 3, cost(makings::pair));
        assertEquals(8 + 3 + 2 + (8 + 4), cost(makings::triple));
        assertEquals(8 + 2 * 2 + 2 * (8 + 3), cost(makings::grid));
        assertEquals(Hooks.PLATFORM_OBJECT, cost(makings::aid));
    }

    @Test
    void each_object_is_a_write() {
        memory.commandStarts();
        makings.bytes((short) 20);
        assertEquals(1, memory.writes());
        makings.pair();
        assertEquals(1 + 1 + 2, memory.writes(), "and each field that a constructor sets");
    }

    @Test
    void a_full_memory_refuses_and_stays_as_it_is() {
        int free = memory.free();
        SystemException full =
                assertThrows(SystemException.class, () -> makings.bytes((short) (free - 7)));
        assertEquals(SystemException.NO_RESOURCE, full.getReason());
        assertEquals(free, memory.free());
        makings.bytes((short) (free - 8));
        assertEquals(0, memory.free());
        assertThrows(SystemException.class, makings::pair);
    }

    @Test
    void a_cut_at_the_creation_of_an_object_takes_no_room() {
        int used = memory.used();
        assertTrue(card.cutAt(1, () -> makings.bytes((short) 20)));
        card.powerCycle();
        assertEquals(used, memory.used());
    }

    @Test
    void an_abort_gives_back_what_the_transaction_created_and_forgets_it_everywhere() {
        makings.keep((short) 2, makings);
        int used = memory.used();
        makings.createAndAbort();
        assertEquals(used, memory.used());
        assertNull(makings.kept[0]);
        assertNull(makings.kept[1]);
        assertSame(makings, makings.kept[2]);
        assertNull(makings.own);
        assertNull(Makings.last);
        assertNull(makings.fleeting[0], "created in the transaction");
        assertSame(makings, makings.fleeting[1], "volatile, and there before");
        assertEquals(2, memory.transactionCreated().size());
    }

    @Test
    void a_cut_in_a_transaction_gives_back_what_it_created() {
        int used = memory.used();
        for (int cut = 1; card.cutAt(cut, makings::createAndCommit); cut++) {
            card.powerCycle();
            assertEquals(used, memory.used(), "cut at write " + cut);
            assertNull(makings.kept[0]);
            assertNull(makings.own);
        }
        assertEquals(used + 8 + 3 + 8 + 20, memory.used());
    }

    @Test
    void what_nothing_reaches_is_given_back_on_request_only() {
        int used = memory.used();
        makings.bytes((short) 20);
        makings.keep((short) 0, makings.pair());
        assertEquals(used + 28 + 11, memory.used());
        memory.reclaim(List.of(makings));
        assertEquals(used + 11, memory.used());
        makings.keep((short) 0, null);
        memory.reclaim(List.of(makings));
        assertEquals(used, memory.used());
    }

    @Test
    void a_static_field_keeps_what_it_refers_to() {
        memory.reclaim(List.of());
        int constants = 8 + 4 + 8 + 5;
        assertEquals(constants, memory.used());
    }

    @Test
    void a_constructor_that_begins_a_transaction_is_taken_back_to_that_point() {
        Makings.Triple triple = makings.interrupted();
        assertEquals(5, triple.left);
        assertEquals(7, triple.right);
    }

    @Test
    void constants_that_are_loaded_in_a_transaction_survive_its_abort() {
        memory.checkpoint();
        memory.commandStarts();
        JCSystem.beginTransaction();
        assertEquals(20, Makings.late((short) 1));
        assertEquals(0, memory.writes());
        JCSystem.abortTransaction();
        assertEquals(20, Makings.late((short) 1));
        memory.restore();
        memory.powerOn();
        assertEquals(30, Makings.late((short) 2));
    }

    @Test
    void constants_are_loaded_even_while_the_power_is_away() throws ClassNotFoundException {
        memory.powerOff();
        Class.forName("probes.memory.Makings$Late");
        memory.powerOn();
        assertEquals(10, Makings.late((short) 0));
    }

    @Test
    void a_reference_of_the_wrong_kind_is_refused_before_it_is_a_write() {
        memory.commandStarts();
        assertThrows(ArrayStoreException.class, makings::storeWrongKind);
        assertEquals(1, memory.writes(), "the array");
        assertThrows(ArrayIndexOutOfBoundsException.class, () -> makings.keep((short) 3, null));
        assertThrows(ArrayIndexOutOfBoundsException.class, () -> makings.keep((short) -1, null));
        assertEquals(1, memory.writes());
    }

    @Test
    void a_checkpoint_remembers_the_room_that_was_taken() {
        int used = memory.used();
        memory.checkpoint();
        makings.keep((short) 0, makings.pair());
        memory.restore();
        memory.powerOn();
        assertEquals(used, memory.used());
        assertNull(makings.kept[0]);
        assertFalse(memory.dead());
    }
}
