package unicard.application;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What periods bring a quota, by the contract's vectors and by numbers of any length. */
class QuotasTest {
    private static final long MOST = 0x7FFFFFFFL;
    private static final int AT = 3;

    private static long rolled(long allowance, long ceiling, long balance, int periods) {
        byte[] record = new byte[AT + Layouts.QUOTA_LENGTH];
        ByteBuffer fields = ByteBuffer.wrap(record);
        fields.putInt(AT + Layouts.QUOTA_ALLOWANCE, (int) allowance);
        fields.putInt(AT + Layouts.QUOTA_CARRY_OVER_CEILING, (int) ceiling);
        byte[] before = record.clone();
        byte[] buffer = new byte[261];
        short target = Work.balance((short) 3);
        ByteBuffer.wrap(buffer).putInt(target, (int) balance);
        Quotas.roll(buffer, target, record, (short) AT, (short) periods);
        assertEquals(ByteBuffer.wrap(before), ByteBuffer.wrap(record), "nothing is written yet");
        return ByteBuffer.wrap(buffer).getInt(target);
    }

    @Test
    void the_contract_s_quotas_come_to_their_results() throws IOException {
        List<ContractVector> vectors = ContractVector.of("quota_vectors");
        assertTrue(vectors.size() > 7, vectors + "");
        for (ContractVector vector : vectors) {
            long balance = vector.number("balance");
            int periods = (int) vector.number("k");
            long result =
                    periods == 0 // the balance is used as it is: there is nothing to reckon
                            ? balance
                            : rolled(
                                    vector.number("allowance"),
                                    vector.number("carry_over_ceiling"),
                                    balance,
                                    periods);
            assertEquals(vector.number("result"), result, vector.line());
        }
    }

    @Test
    void any_quota_comes_to_what_the_rule_says() {
        Random random = new Random(11);
        for (int i = 0; i < 50_000; i++) {
            long allowance = random.nextInt() & MOST >> random.nextInt(31);
            long ceiling = random.nextInt() & MOST >> random.nextInt(31);
            long balance = random.nextInt() & MOST >> random.nextInt(31);
            int periods = 1 + random.nextInt(0xFFFF >> random.nextInt(16));
            BigInteger brought =
                    BigInteger.valueOf(periods - 1).multiply(BigInteger.valueOf(allowance));
            long carried = brought.add(BigInteger.valueOf(balance)).min(BigInteger.valueOf(ceiling)).longValue();
            long expected = Math.min(carried + allowance, MOST);
            assertEquals(expected, rolled(allowance, ceiling, balance, periods));
        }
    }
}
