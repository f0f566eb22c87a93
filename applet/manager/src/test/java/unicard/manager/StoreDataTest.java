package unicard.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static unicard.manager.ContentBytes.hex;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import unicard.manager.Contract.Instruction;

/** STORE DATA to the issuer security domain. */
class StoreDataTest {
    private final ContentBench card = new ContentBench();

    private int store(int p1, int block, String data) {
        return card.sw(Instruction.STORE_DATA, p1, block, hex(data));
    }

    private String stored() {
        byte[] iin = card.state.issuerData(0x42);
        byte[] cin = card.state.issuerData(0x45);
        return (iin == null ? "-" : hex(iin)) + " " + (cin == null ? "-" : hex(cin));
    }

    @Test
    void the_domain_stores_its_two_numbers_with_the_last_block() {
        // SDI-01
        assertEquals("- -", stored());
        assertEquals(0x9000, store(0x00, 0, "4203"));
        assertEquals(0x9000, store(0x10, 1, "981801 4504 0102"));
        assertEquals("- -", stored());
        assertEquals(0x9000, store(0x90, 2, "0304"));
        assertEquals("981801 01020304", stored());
        assertEquals(0x9000, store(0x80, 0, "4201FF"));
        assertEquals("FF 01020304", stored());
        assertNull(card.state.issuerData(0x66));
    }

    @Test
    void the_longest_number_has_16_bytes() {
        assertEquals(0x9000, store(0x90, 0, "4210" + "11".repeat(16) + "4510" + "22".repeat(16)));
        assertEquals("11".repeat(16) + " " + "22".repeat(16), stored());
    }

    @ParameterizedTest
    @CsvSource({
        "4200,6A80",
        "4204010200,6A80",
        "42020102FF,6A80",
        "42,6A80",
        "4211 0000000000000000000000000000000000,6A80",
        "66020102,6A88",
        "7003800101,6A88",
        "4F05A000000151,6A88",
        "9F7F0100,6A88",
        "000100,6A80",
    })
    void a_wrong_object_is_refused_and_nothing_of_the_stream_is_stored(String data, String sw) {
        // SDI-03, SDI-05
        store(0x90, 0, "42010145020203");
        assertEquals(Integer.parseInt(sw, 16), store(0x90, 0, "45020707" + data));
        assertEquals("01 0203", stored());
        assertEquals(0x6A86, store(0x90, 1, "420155"));
    }

    @Test
    void a_block_that_is_not_the_next_one_ends_the_stream_and_block_00_begins_it_anew() {
        // SDI-04
        assertEquals(0x6A86, store(0x90, 1, "4203050505"));
        assertEquals(0x9000, store(0x10, 0, "4203"));
        assertEquals(0x6A86, store(0x90, 2, "050505"));
        assertEquals(0x6A86, store(0x90, 1, "050505"));
        assertEquals(0x9000, store(0x10, 0, "4503"));
        assertEquals(0x9000, store(0x10, 0, "42"));
        assertEquals(0x9000, store(0x90, 1, "020606"));
        assertEquals("0606 -", stored());
        assertEquals(0x6A86, store(0x90, 2, "420107"));
    }

    @Test
    void another_command_ends_the_stream() {
        store(0x10, 0, "4203");
        card.content.endSequences(Instruction.GET_DATA);
        assertEquals(0x6A86, store(0x90, 1, "050505"));
    }

    @Test
    void a_stream_longer_than_its_objects_can_be_is_refused() {
        assertEquals(0x9000, store(0x10, 0, "420101".repeat(85)));
        assertEquals(0x6A80, store(0x10, 1, "42"));
        assertEquals(0x6A86, store(0x90, 2, "0101"));
    }

    @Test
    void a_replaced_number_gives_its_memory_back() {
        store(0x90, 0, "420101");
        int collections = card.collections;
        store(0x90, 0, "420102");
        assertEquals(collections + 1, card.collections);
    }

    @Test
    void a_stream_that_holds_a_number_twice_is_refused_whole() {
        assertEquals(0x6A80, store(0x90, 0, "420101" + "420102"));
        assertEquals("- -", stored());
    }
}
