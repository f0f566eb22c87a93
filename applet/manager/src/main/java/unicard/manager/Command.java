package unicard.manager;

/**
 * A command APDU in short form, without its secure messaging.
 *
 * @param cla class without the bit of secure messaging
 * @param ne how many bytes of answer are expected, 1 to 256; 0 without Le
 */
public record Command(int cla, int ins, int p1, int p2, byte[] data, int ne) {
    /** P1 and P2 in one number. */
    public int p1p2() {
        return p1 << 8 | p2;
    }
}
