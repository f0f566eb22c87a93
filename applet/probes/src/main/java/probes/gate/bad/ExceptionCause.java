package probes.gate.bad;

/** An exception knows no cause on a card. */
final class ExceptionCause {
    static Object cause(byte[] data) {
        try {
            data[0] = 1;
        } catch (NullPointerException e) {
            return e.getCause();
        }
        return null;
    }
}
