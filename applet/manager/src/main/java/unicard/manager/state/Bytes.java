package unicard.manager.state;

/** Byte arrays that are made here, so that the card's memory is charged for them. */
final class Bytes {
    private Bytes() {}

    static byte[] copy(byte[] source) {
        byte[] made = new byte[source.length];
        System.arraycopy(source, 0, made, 0, source.length);
        return made;
    }
}
