package unicard.manager.host;

import java.util.Arrays;

/** Data and status word. */
public record Reply(byte[] data, int sw) {
    public static Reply of(byte[] answer) {
        int end = answer.length - 2;
        return new Reply(Arrays.copyOf(answer, end), (answer[end] & 0xFF) << 8 | answer[end + 1] & 0xFF);
    }

    /** Data and status word in digits. */
    @Override
    public String toString() {
        return Hex.text(data) + String.format(data.length > 0 ? " %04X" : "%04X", sw);
    }
}
