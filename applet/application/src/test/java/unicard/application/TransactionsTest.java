package unicard.application;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javacard.framework.ISOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Transactions on a card whose memory is at hand: what commands alone cannot bring about, and the ring of the
 * log. The requirements stand in brackets.
 */
class TransactionsTest {
    private static final String DAY = "20260615";
    private static final byte MERCHANT = 1;
    private static final byte SMALL = 2;
    private static final int ANSWER = 17;

    private final OtherDomain domain = OtherDomain.bound();
    private final Persistent lasting = new Persistent();
    private final Transient ram = new Transient();
    private final Session session = new Session(ram, new IssuerSession());
    private final Aes aes = new Aes(ram);
    private final RoleKeys roleKeys = new RoleKeys(lasting, ram, session, aes);
    private final ReceiptKeys receiptKeys = new ReceiptKeys(lasting, aes);
    private final Objects objects = new Objects(lasting, ram, session, roleKeys, receiptKeys);
    private final Transactions transactions = new Transactions(lasting, ram, objects, receiptKeys);
    private final byte[] buffer = new byte[261];
    private int name;

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private void put(int tag, String hex) {
        short row = ObjectTable.find((short) tag);
        objects.store().write(row, (short) tag, bytes(hex), (short) 0, (short) (hex.length() / 2));
    }

    /** A service that roles 1 and 2 may debit and credit. */
    private void service(int id, int kind, int rule, String fields) {
        String header = String.format("%02X%02X80%02X00060006", id, kind, rule) + "00".repeat(12);
        put(Contract.TAG_SERVICE_RECORD_1 + id - 1, header + fields);
    }

    @BeforeEach
    void an_active_card_in_a_session_of_a_merchant() {
        put(Contract.TAG_CARD_SERIAL, "1112131415161718");
        put(Contract.TAG_VALIDITY, "2026010120301231");
        put(Contract.TAG_HOLDER_FLAGS, "00");
        put(Contract.TAG_REPLACED_CARD_NUMBER, "9818010000000012");
        receiptKeys.prepare(bytes("05" + "42".repeat(16)), (short) 0);
        receiptKeys.choose();
        service(1, 1, 0, "0818" + "000F4240" + "00000000" + "7FFFFFFF" + "000003E8" + "00");
        service(2, 3, 2, "20260101" + "20261231" + "01" + "FFFFFE");
        lasting.personalized = true;
        lasting.activated = true;
        role(MERCHANT);
    }

    private void role(byte role) {
        ram.forget();
        ram.state[Transient.SESSION] = Transient.ROLE;
        ram.state[Transient.ROLE_NUMBER] = role;
    }

    private String number() {
        return HexFormat.of().withUpperCase().formatHex(lasting.newest, 0, 3);
    }

    private String request(String operations) {
        return String.format("4A554E4954202020%08X", ++name) + number() + DAY + "120000" + operations;
    }

    private String send(String header, String data) {
        byte[] command = bytes(header + String.format("%02X", data.length() / 2) + data);
        System.arraycopy(command, 0, buffer, 0, command.length);
        transactions.commandComes(buffer);
        try {
            short length = transactions.run(buffer, (short) (data.length() / 2));
            return HexFormat.of().withUpperCase().formatHex(buffer, 0, length);
        } catch (ISOException refused) {
            return String.format("%04X", refused.getReason());
        }
    }

    private String perform(String data) {
        return send("84400000", data);
    }

    private String query(String data) {
        return send("84400100", data);
    }

    /** Some other command, refused or not. */
    private void other(String header) {
        System.arraycopy(bytes(header), 0, buffer, 0, 4);
        transactions.commandComes(buffer);
    }

    private static String debit(int service, long amount) {
        return String.format("01%02X%08X", service, amount);
    }

    private static String credit(int service, long amount) {
        return String.format("02%02X%08X", service, amount);
    }

    private static final String REVERSE = "030000000000";

    private void assertDone(String answer, String number) {
        assertEquals(number, answer.substring(0, 6), answer);
        assertEquals(2 * ANSWER, answer.length(), answer);
    }

    @Test
    void the_number_grows_up_to_its_end_and_no_further() { // TRX-08
        lasting.newest[1] = (byte) 0xFF;
        lasting.newest[2] = (byte) 0xFF;
        assertDone(perform(request(debit(1, 1))), "010000");
        Arrays.fill(lasting.newest, 0, 3, (byte) 0xFF);
        lasting.newest[2] = (byte) 0xFE;
        String last = request(debit(1, 1));
        String answer = perform(last);
        assertDone(answer, "FFFFFF");
        assertEquals("6985", perform(request(debit(1, 1))));
        assertEquals(answer, perform(last));
        assertEquals("01FFFFFF" + answer, query(last));
        assertEquals("FFFFFF", number());
    }

    @Test
    void a_card_without_receipt_key_or_suspended_answers_only_what_is_stored() { // TRX-03, TRX-06
        String first = request(debit(1, 1));
        String answer = perform(first);
        lasting.suspended = true;
        assertEquals("6985", perform(request(debit(1, 1))));
        assertEquals(answer, perform(first));
        lasting.suspended = false;
        lasting.receiptSlot = 0;
        assertEquals("6985", perform(request(debit(1, 1))));
        assertEquals(answer, perform(first));
    }

    @Test
    void a_finger_is_not_a_pin_but_on_an_exempt_card() { // TRX-15
        String[] taken = {"0123", "13", "23", "123", "3"}; // by rule: flag bits that satisfy it
        for (int exempt = 0; exempt < 2; exempt++) {
            put(Contract.TAG_HOLDER_FLAGS, "0" + exempt);
            for (int rule = 0; rule < taken.length; rule++) {
                for (int flags = 0; flags < 4; flags++) {
                    service(2, 3, rule, "20260101" + "20261231" + "01" + "000000");
                    ram.state[Transient.VERIFIED] = (byte) flags;
                    boolean enough =
                            exempt == 1 && rule > 0
                                    ? (flags & 1) != 0
                                    : taken[rule].indexOf('0' + flags) >= 0;
                    String answer = perform(request(debit(2, 1)));
                    assertEquals(enough, answer.length() > 4, rule + " " + flags + " " + exempt + answer);
                    assertEquals(enough ? 0 : flags, ram.state[Transient.VERIFIED]);
                }
            }
        }
    }

    @Test
    void uses_are_counted_from_nothing_to_the_end() { // ENT-01
        ram.state[Transient.VERIFIED] = Transient.FINGER;
        assertEquals("00FFFFFF", perform(request(debit(2, 1))).substring(26));
        ram.state[Transient.VERIFIED] = Transient.FINGER;
        assertEquals("9402", perform(request(debit(2, 1))));
        service(2, 3, 0, "20260101" + "20261231" + "01" + "000001");
        assertEquals("00000000", perform(request(credit(2, 1))).substring(26));
        assertEquals("9401", perform(request(credit(2, 1))));
    }

    @Test
    void a_reverse_counts_uses_back() { // REV-02
        service(2, 3, 0, "20260101" + "20261231" + "01" + "000005");
        String debited = perform(request(debit(1, 1) + debit(2, 1)));
        assertEquals("000003E7" + "00000006", debited.substring(26));
        assertEquals("000003E8" + "00000005", perform(request(REVERSE)).substring(26));
        perform(request(credit(2, 1) + credit(1, 1)));
        assertEquals("00000005" + "000003E8", perform(request(REVERSE)).substring(26));
    }

    @Test
    void the_first_transaction_makes_the_card_active_and_names_the_card_before() { // TRX-16
        lasting.activated = false;
        assertEquals("9405", perform(request(credit(1, 1))));
        ram.state[Transient.VERIFIED] = Transient.FINGER;
        String answer = perform(request(credit(1, 1)));
        assertEquals("82", answer.substring(8, 10), "finger and activation");
        assertEquals("9818010000000012", answer.substring(34));
        assertEquals(true, lasting.activated);
    }

    @Test
    void a_reverse_follows_its_transaction_at_once_but_for_queries() { // REV-01, REV-03
        assertEquals("6985", perform(request(REVERSE)));
        String done = request(debit(1, 400));
        perform(done);
        query(done);
        query(REVERSE);
        query("00".repeat(46));
        assertEquals("000003E8", perform(request(REVERSE)).substring(26));
        assertEquals("6985", perform(request(REVERSE)));
        String[] others = {
            "04200081", "84400000", "84400101", "84400001", "04400100", "04B20104", "84FF0000", "94400100", "A0CADF51",
        };
        for (String header : others) {
            perform(request(debit(1, 1)));
            other(header);
            assertEquals("6985", perform(request(REVERSE)), header);
        }
        String last = request(debit(1, 1));
        perform(last);
        assertDone(perform(last), number());
        assertEquals("6985", perform(request(REVERSE)));
        perform(request(debit(1, 1)));
        role(SMALL);
        assertEquals("6985", perform(request(REVERSE)));
    }

    @Test
    void the_log_keeps_the_newest_20_and_answers_for_them() { // TRX-03, LOG-01, QRY-03
        String[] requests = new String[50];
        String[] answers = new String[50];
        for (int i = 0; i < requests.length; i++) {
            requests[i] = request(debit(1, 1));
            answers[i] = perform(requests[i]);
            for (int k = 0; k <= i; k++) {
                boolean isThere = i - k < Contract.LIMIT_LOG_RECORDS;
                assertEquals((isThere ? "01" + number() + answers[k] : "00" + number()), query(requests[k]));
            }
            int there = Math.min(i + 1, Contract.LIMIT_LOG_RECORDS);
            for (int record = 1; record <= there; record++) {
                assertEquals(answers[i + 1 - record].substring(0, 6), recordNumber(record));
            }
            assertEquals("6A83", recordNumber(there + 1));
        }
        assertEquals("6A83", recordNumber(0));
        assertEquals("6A83", recordNumber(255));
    }

    private String recordNumber(int record) {
        ram.state[Transient.VERIFIED] = Transient.PIN;
        buffer[2] = (byte) record;
        try {
            assertEquals(89, transactions.readRecord(buffer, (short) 0));
            return HexFormat.of().withUpperCase().formatHex(buffer, 10, 13);
        } catch (ISOException refused) {
            return String.format("%04X", refused.getReason());
        } finally {
            ram.state[Transient.VERIFIED] = 0;
        }
    }

    @Test
    void every_byte_of_a_request_and_its_role_make_it_another_one() { // TRX-04, QRY-02, QRY-03
        String request = request(debit(1, 1) + credit(2, 1));
        service(2, 3, 0, "20260101" + "20261231" + "01" + "000001");
        String answer = perform(request);
        for (int i = 0; i < request.length() / 2; i++) {
            byte[] other = bytes(request);
            other[i] ^= 1;
            String found = query(HexFormat.of().formatHex(other));
            assertEquals((i < 12 ? "00" : "02") + number(), found, "byte " + i);
        }
        String shorter = request.substring(0, request.length() - 12);
        for (String other : List.of(shorter, request + "000000000000", request + debit(1, 1))) {
            assertEquals("02" + number(), query(other));
        }
        role(SMALL);
        assertEquals("02" + number(), query(request));
        assertEquals("9481", perform(request));
        role(MERCHANT);
        assertEquals("01" + number() + answer, query(request));
    }

    @Test
    void what_is_refused_writes_nothing() { // TRX-02
        perform(request(debit(1, 1)));
        byte[] values = lasting.objects.clone();
        byte[] log = lasting.log.clone();
        String[] malformed = {
            debit(1, 1) + credit(1, 1), debit(1, 0), debit(1, 0x80000000L), debit(9, 0xFFFFFFFFL),
            REVERSE + debit(1, 1), debit(1, 1) + REVERSE, "040100000001", "030100000000", "030000000001",
            "000000000000", debit(1, 1) + debit(9, 1) + debit(8, 1) + debit(9, 2), debit(1, 999) + debit(2, 2),
        };
        for (String operations : malformed) {
            ram.state[Transient.VERIFIED] = Transient.FINGER;
            assertEquals("6A80", perform(request(operations)), operations);
        }
        ram.state[Transient.VERIFIED] = 0;
        assertEquals("9405", perform(request(debit(1, 1) + debit(2, 1))));
        assertEquals("6A88", perform(request(debit(1, 1) + debit(3, 1))));
        assertEquals("9402", perform(request(credit(1, 999_002))));
        assertArrayEquals(values, lasting.objects);
        assertArrayEquals(log, lasting.log);
        assertEquals("000001", number());
    }
}
