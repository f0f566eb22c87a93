package unicard.runtime.api;

import javacard.framework.AID;
import javacard.security.Checksum;
import javacard.security.KeyAgreement;
import javacard.security.MessageDigest;
import javacard.security.RandomData;
import javacard.security.Signature;
import javacard.security.SignatureMessageRecovery;
import javacardx.crypto.AEADCipher;
import javacardx.crypto.Cipher;
import unicard.runtime.TornArrays;

/**
 * Methods of the Java Card API that write into an array which the applet gives: woven calls come here.
 * Where that array is persistent the bytes reach it as a non-atomic copy.
 *
 * <p>JCRE 9.3 has internal state of API objects take part in transactions and is silent on such
 * arrays; so the harsher reading holds: no abort takes these bytes back, and each can be torn off.
 * A method that throws has written nothing.
 */
public final class ArrayOutputs {
    private ArrayOutputs() {}

    public static short update(Cipher self, byte[] in, short off, short len, byte[] out, short to) {
        return Outputs.take(out, to, (array, at) -> self.update(in, off, len, array, at));
    }

    public static short doFinal(Cipher self, byte[] in, short off, short len, byte[] out, short to) {
        return Outputs.take(out, to, (array, at) -> self.doFinal(in, off, len, array, at));
    }

    public static short doFinal(MessageDigest self, byte[] in, short off, short len, byte[] out, short to) {
        return Outputs.take(out, to, (array, at) -> self.doFinal(in, off, len, array, at));
    }

    public static short sign(Signature self, byte[] in, short off, short len, byte[] out, short to) {
        return Outputs.take(out, to, (array, at) -> self.sign(in, off, len, array, at));
    }

    public static short signPreComputedHash(
            Signature self, byte[] in, short off, short len, byte[] out, short to) {
        return Outputs.take(out, to, (array, at) -> self.signPreComputedHash(in, off, len, array, at));
    }

    public static short doFinal(Checksum self, byte[] in, short off, short len, byte[] out, short to) {
        return Outputs.take(out, to, (array, at) -> self.doFinal(in, off, len, array, at));
    }

    public static short generateSecret(
            KeyAgreement self, byte[] in, short off, short len, byte[] out, short to) {
        return Outputs.take(out, to, (array, at) -> self.generateSecret(in, off, len, array, at));
    }

    public static short retrieveTag(AEADCipher self, byte[] tag, short offset, short length) {
        return Outputs.take(tag, offset, (array, at) -> self.retrieveTag(array, at, length));
    }

    public static short sign(
            SignatureMessageRecovery self,
            byte[] in,
            short inOff,
            short inLen,
            byte[] out,
            short outOff,
            short[] recovered,
            short recoveredOff) {
        short[] length = new short[1];
        short count =
                Outputs.take(
                        out,
                        outOff,
                        (array, offset) ->
                                self.sign(in, inOff, inLen, array, offset, length, (short) 0));
        TornArrays.copyNonAtomic(length, 0, recovered, recoveredOff, 1);
        return count;
    }

    @SuppressWarnings("deprecation") // applets for Java Card before 3.0.5 call it
    public static void generateData(RandomData self, byte[] out, short offset, short length) {
        Outputs.take(
                out,
                offset,
                (array, at) -> {
                    self.generateData(array, at, length);
                    return length;
                });
    }

    public static short nextBytes(RandomData self, byte[] out, short offset, short length) {
        Outputs.take(
                out,
                offset,
                (array, at) -> {
                    self.nextBytes(array, at, length);
                    return length;
                });
        return (short) (offset + length);
    }

    public static byte getBytes(AID self, byte[] out, short offset) {
        return (byte) Outputs.take(out, offset, self::getBytes);
    }

    public static byte getPartialBytes(AID self, short from, byte[] out, short offset, byte length) {
        return (byte)
                Outputs.take(out, offset, (array, at) -> self.getPartialBytes(from, array, at, length));
    }
}
