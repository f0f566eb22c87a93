package unicard.runtime.api;

import javacard.security.AESKey;
import javacard.security.DESKey;
import javacard.security.DHKey;
import javacard.security.DHPrivateKey;
import javacard.security.DHPublicKey;
import javacard.security.DSAKey;
import javacard.security.DSAPrivateKey;
import javacard.security.DSAPublicKey;
import javacard.security.ECKey;
import javacard.security.ECPrivateKey;
import javacard.security.ECPublicKey;
import javacard.security.HMACKey;
import javacard.security.KoreanSEEDKey;
import javacard.security.RSAPrivateCrtKey;
import javacard.security.RSAPrivateKey;
import javacard.security.RSAPublicKey;

/** Methods of keys that write a value into an array of the applet; as {@link ArrayOutputs}. */
public final class KeyOutputs {
    private KeyOutputs() {}

    public static byte getKey(AESKey self, byte[] out, short offset) {
        return (byte) Outputs.take(out, offset, self::getKey);
    }

    public static byte getKey(DESKey self, byte[] out, short offset) {
        return (byte) Outputs.take(out, offset, self::getKey);
    }

    public static byte getKey(HMACKey self, byte[] out, short offset) {
        return (byte) Outputs.take(out, offset, self::getKey);
    }

    public static byte getKey(KoreanSEEDKey self, byte[] out, short offset) {
        return (byte) Outputs.take(out, offset, self::getKey);
    }

    public static short getField(ECKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getField);
    }

    public static short getA(ECKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getA);
    }

    public static short getB(ECKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getB);
    }

    public static short getG(ECKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getG);
    }

    public static short getR(ECKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getR);
    }

    public static short getW(ECPublicKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getW);
    }

    public static short getS(ECPrivateKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getS);
    }

    public static short getExponent(RSAPublicKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getExponent);
    }

    public static short getModulus(RSAPublicKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getModulus);
    }

    public static short getExponent(RSAPrivateKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getExponent);
    }

    public static short getModulus(RSAPrivateKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getModulus);
    }

    public static short getP(RSAPrivateCrtKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getP);
    }

    public static short getQ(RSAPrivateCrtKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getQ);
    }

    public static short getDP1(RSAPrivateCrtKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getDP1);
    }

    public static short getDQ1(RSAPrivateCrtKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getDQ1);
    }

    public static short getPQ(RSAPrivateCrtKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getPQ);
    }

    public static short getP(DSAKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getP);
    }

    public static short getQ(DSAKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getQ);
    }

    public static short getG(DSAKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getG);
    }

    public static short getY(DSAPublicKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getY);
    }

    public static short getX(DSAPrivateKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getX);
    }

    public static short getP(DHKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getP);
    }

    public static short getQ(DHKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getQ);
    }

    public static short getG(DHKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getG);
    }

    public static short getY(DHPublicKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getY);
    }

    public static short getX(DHPrivateKey self, byte[] out, short offset) {
        return Outputs.take(out, offset, self::getX);
    }
}
