package unicard.manager.host;

import java.util.Arrays;

/** A host's key set. */
public record Keys(byte[] enc, byte[] mac, byte[] dek) {
    /** The public test key of GlobalPlatform, thrice. */
    public static final Keys TEST = alike(Hex.hex("404142434445464748494A4B4C4D4E4F"));

    public static Keys alike(byte[] key) {
        return new Keys(key, key, key);
    }

    /** Three different keys that nobody uses. */
    public static Keys invented(int seed, int length) {
        return new Keys(filled(seed, length), filled(seed + 1, length), filled(seed + 2, length));
    }

    private static byte[] filled(int value, int length) {
        byte[] key = new byte[length];
        Arrays.fill(key, (byte) value);
        return key;
    }

    public byte[] key(int number) {
        return number == 1 ? enc : number == 2 ? mac : dek;
    }
}
