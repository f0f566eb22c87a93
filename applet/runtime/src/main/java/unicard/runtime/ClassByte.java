package unicard.runtime;

/**
 * What the class byte of a command says.
 *
 * <p>ISO/IEC 7816-4:2020, 5.4.1: 00 to 1F carry the channels 0 to 3, 40 to 7F the channels 4 to 19,
 * bit 10 means chaining, 20 to 3F are reserved, FF is invalid. JCRE 3.0.5, 4.3: the proprietary
 * classes mirror this, A0 to BF like 80 to 9F.
 */
final class ClassByte {
    private static final int INVALID = 0xFF;

    private ClassByte() {}

    static boolean isInvalid(int cla) {
        return cla == INVALID;
    }

    /** Whether the command goes to a logical channel other than the basic one. */
    static boolean namesOtherChannel(int cla) {
        if ((cla & 0x40) != 0) {
            return true;
        }
        boolean reserved = (cla & 0xE0) == 0x20;
        return !reserved && (cla & 0x03) != 0;
    }

    /** Whether the command is one of a chain and not its last; of a class on the basic channel. */
    static boolean chains(int cla) {
        return (cla & 0x70) == 0x10;
    }

    /** Whether the issuer domain has commands of this class: 00 and 80, secure messaging or not. */
    static boolean isTheDomains(int cla) {
        return (cla & 0x7B) == 0;
    }
}
