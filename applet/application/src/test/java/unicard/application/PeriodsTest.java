package unicard.application;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Days and months of dates, by the contract's vectors and by Java's calendar. */
class PeriodsTest {
    private static void check(String date, int day, int month) {
        byte[] data = HexFormat.of().parseHex("FF" + date);
        assertEquals(0, Periods.of((byte) 0, data, (short) 1), date);
        assertEquals(day, Periods.of((byte) 1, data, (short) 1), date);
        assertEquals(month, Periods.of((byte) 2, data, (short) 1), date);
        assertEquals(day, Periods.day(data, (short) 1), date);
        assertEquals(month, Periods.month(data, (short) 1), date);
    }

    @Test
    void the_contract_s_dates_lie_in_its_periods() throws IOException {
        List<ContractVector> vectors = ContractVector.of("period_vectors");
        assertTrue(vectors.size() > 5, vectors + "");
        for (ContractVector vector : vectors) {
            check(vector.text("date"), (int) vector.number("day"), (int) vector.number("month"));
        }
    }

    @Test
    void every_date_lies_in_its_periods() {
        LocalDate epoch = LocalDate.of(2000, 1, 1);
        for (LocalDate date = epoch; date.getYear() < 2080; date = date.plusDays(1)) {
            int day = (int) ChronoUnit.DAYS.between(epoch, date);
            int month = (date.getYear() - 2000) * 12 + date.getMonthValue() - 1;
            check(date.format(DateTimeFormatter.BASIC_ISO_DATE), day, month);
        }
    }
}
