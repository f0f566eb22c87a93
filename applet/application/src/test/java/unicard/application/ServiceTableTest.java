package unicard.application;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import javacard.framework.ISOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The service table by itself; the requirements that it fulfils stand in brackets. */
class ServiceTableTest {
    private static final String HEADER = "0000" + "000000000000000000000000";
    private static final String QUOTA_SETTINGS = "00000014" + "02" + "0000003C" + "0000000A";
    private static final String PURSE_SETTINGS = "0818" + "000F4240" + "00004E20" + "0007A120";

    private final OtherDomain domain = OtherDomain.bound();
    private final Persistent lasting = new Persistent();
    private final ObjectStore store = new ObjectStore(lasting);
    private final ServiceTable table = new ServiceTable(lasting, store);

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static String record(int id, int kind, String fields) {
        return String.format("%02X%02X8000", id, kind) + "0008" + HEADER + fields;
    }

    private static byte[] quota(int id, int allowance, String state) {
        return bytes(record(id, 2, String.format("%08X", allowance) + QUOTA_SETTINGS.substring(8) + state));
    }

    private static byte[] purse(int id, String balance) {
        return bytes(record(id, 1, PURSE_SETTINGS + balance + "00"));
    }

    private static byte[] entitlement(int id, String uses) {
        return bytes(record(id, 3, "20260101" + "20261231" + "03" + uses));
    }

    private static short tag(int id) {
        return (short) (Contract.TAG_SERVICE_RECORD_1 + id - 1);
    }

    private static short periodTag(int id) {
        return (short) (Contract.TAG_SERVICE_PERIOD_1 + id - 1);
    }

    private void put(int id, byte[] record) {
        assertTrue(Formats.fits(ObjectTable.find(tag(id)), record, (short) 0, (short) record.length));
        store.write(ObjectTable.find(tag(id)), tag(id), record, (short) 0, (short) record.length);
    }

    private boolean takes(int id, byte[] record) {
        return table.takes(tag(id), record, (short) 0);
    }

    private static int refusal(Runnable act) {
        return assertThrows(ISOException.class, act::run).getReason() & 0xFFFF;
    }

    @BeforeEach
    void a_quota_a_purse_and_an_entitlement() {
        put(1, quota(1, 20, "0139" + "013C" + "00000007"));
        put(3, entitlement(3, "000005"));
        put(16, purse(16, "00001000"));
        lasting.personalized = true;
    }

    @Test
    void a_record_has_the_number_of_its_place() { // SVC-01
        assertTrue(takes(2, quota(2, 20, "000000000000000A")));
        assertFalse(takes(2, quota(1, 20, "000000000000000A")));
        lasting.personalized = false;
        assertTrue(takes(16, purse(16, "00000001")));
        assertFalse(takes(16, purse(0, "00000001")));
        assertFalse(takes(15, purse(16, "00000001")));
    }

    @Test
    void an_issued_card_takes_no_other_kind_and_no_new_purse_with_money() { // SVC-04
        assertTrue(takes(16, purse(16, "7FFFFFFF")));
        assertFalse(takes(16, quota(16, 1, "0000000000000000")));
        assertFalse(takes(1, entitlement(1, "000000")));
        assertTrue(takes(2, purse(2, "00000000")));
        assertFalse(takes(2, purse(2, "00000001")));
        assertFalse(takes(2, purse(2, "01000000")));
        lasting.personalized = false;
        assertTrue(takes(2, purse(2, "00000001")));
        assertTrue(takes(1, entitlement(1, "000000")));
    }

    @Test
    void new_settings_leave_what_transactions_have_made() { // SVC-03
        byte[] quota = quota(1, 30, "FFFF" + "FFFF" + "7FFFFFFF");
        table.keep(tag(1), quota, (short) 0);
        assertArrayEquals(quota(1, 30, "0139" + "013C" + "00000007"), quota);
        byte[] purse = purse(16, "7FFFFFFF");
        table.keep(tag(16), purse, (short) 0);
        assertArrayEquals(purse(16, "00001000"), purse);
        byte[] entitlement = entitlement(3, "FFFFFF");
        table.keep(tag(3), entitlement, (short) 0);
        assertArrayEquals(entitlement(3, "000005"), entitlement);
    }

    @Test
    void a_new_record_and_one_of_a_blank_card_are_taken_as_they_are() { // SVC-02
        byte[] quota = quota(2, 30, "0140" + "0141" + "00000009");
        table.keep(tag(2), quota, (short) 0);
        assertArrayEquals(quota(2, 30, "0140" + "0141" + "00000009"), quota);
        lasting.personalized = false;
        quota = quota(1, 30, "0140" + "0141" + "00000009");
        table.keep(tag(1), quota, (short) 0);
        assertArrayEquals(quota(1, 30, "0140" + "0141" + "00000009"), quota);
    }

    @Test
    void a_service_is_switched_off_and_on() { // SVC-05, SVC-06
        assertEquals(0x6985, refusal(() -> table.enable((byte) 16, true)));
        table.enable((byte) 16, false);
        assertEquals(0, store.memory()[table.find((byte) 16) + DataTables.AT_FLAGS]);
        assertEquals(0x6985, refusal(() -> table.enable((byte) 16, false)));
        table.enable((byte) 16, true);
        assertEquals((byte) 0x80, store.memory()[table.find((byte) 16) + DataTables.AT_FLAGS]);
        for (int id : new int[] {0, 2, 17, 0x80, 0xFF}) {
            assertEquals(0x6A88, refusal(() -> table.enable((byte) id, true)), "id " + id);
        }
    }

    @Test
    void a_period_goes_back_or_stays_and_no_horizon_lies_before_it() { // QUO-04, QUO-05
        byte[] value = new byte[4];
        assertEquals(4, table.period(periodTag(1), value, (short) 0));
        assertArrayEquals(bytes("0139013C"), value);
        for (String wrong : new String[] {"013A013C", "01390138", "8000FFFF", "013801", "0138013C00", ""}) {
            byte[] data = Arrays.copyOf(bytes(wrong), 5);
            short length = (short) (wrong.length() / 2);
            assertEquals(0x6A80, refusal(() -> table.setPeriod(periodTag(1), data, (short) 0, length)), wrong);
        }
        for (String right : new String[] {"01390139", "0138FFFF", "01008000", "00000000"}) {
            table.setPeriod(periodTag(1), bytes(right), (short) 0, (short) 4);
            table.period(periodTag(1), value, (short) 0);
            assertArrayEquals(bytes(right), value);
        }
        byte[] balance = Arrays.copyOfRange(store.memory(), table.find((byte) 1) + Layouts.QUOTA_BALANCE,
                table.find((byte) 1) + Layouts.QUOTA_LENGTH);
        assertArrayEquals(bytes("00000007"), balance);
        for (int id : new int[] {2, 3, 16}) {
            assertEquals(0, table.period(periodTag(id), value, (short) 0));
            assertEquals(0x6A88, refusal(() -> table.setPeriod(periodTag(id), bytes("00"), (short) 0, (short) 1)));
        }
    }

    @Test
    void the_counters_of_purses_are_told_in_the_order_of_the_table() { // PUR-04
        put(2, purse(2, "00000000"));
        Arrays.fill(lasting.purseCounters, 8, 16, (byte) 2);
        Arrays.fill(lasting.purseCounters, 120, 128, (byte) 9);
        byte[] value = new byte[18];
        assertEquals(18, table.counters(value, (short) 0));
        assertArrayEquals(bytes("02" + "02".repeat(8) + "10" + "09".repeat(8)), value);
        assertTrue(domain.calls.isEmpty());
    }
}
