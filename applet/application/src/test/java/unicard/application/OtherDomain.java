package unicard.application;

import java.util.ArrayList;
import java.util.List;
import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.ISOException;
import org.globalplatform.GPRegistryEntry;
import org.globalplatform.SecureChannel;
import unicard.platform.GlobalPlatform;
import unicard.platform.GlobalPlatformBinding;

/**
 * A security domain that does what GlobalPlatform's API (1.6) lets domains do, and the one of our Java
 * card does not. "Decrypting" turns every bit around.
 */
final class OtherDomain implements GlobalPlatform, SecureChannel {
    private static final byte PADDING = (byte) 0x80;

    /** What {@code getSecurityLevel} answers. */
    byte level = (byte) (AUTHENTICATED | C_MAC | C_DECRYPTION | R_MAC | R_ENCRYPTION);

    /** Whether {@code decryptData} takes padding off, and leaves something else in its place. */
    boolean discards;

    /** What {@code unwrap} throws; 0: it lets every command through. */
    short refusal;

    /** Which methods were called. */
    final List<String> calls = new ArrayList<>();

    /** A card has one such object, which every {@code throwIt} throws (Java Card API, ISOException). */
    private final ISOException exception = new ISOException((short) 0);

    private ISOException refused(short reason) {
        exception.setReason(reason);
        return exception;
    }

    /** Makes it the domain of all applets of this JVM. */
    static OtherDomain bound() {
        OtherDomain domain = new OtherDomain();
        GlobalPlatformBinding.bind(domain);
        return domain;
    }

    @Override
    public byte getSecurityLevel() {
        return level;
    }

    @Override
    public short decryptData(byte[] data, short offset, short length) {
        int end = offset + length;
        for (int i = offset; i < end; i++) {
            data[i] = (byte) ~data[i];
        }
        if (!discards) {
            return length;
        }
        int plain = end;
        do {
            plain--;
        } while (data[plain] == 0);
        if (data[plain] != PADDING) {
            throw refused(Contract.SW_INCORRECT_DATA);
        }
        for (int i = plain; i < end; i++) {
            data[i] = 0x55;
        }
        return (short) (plain - offset);
    }

    @Override
    public short unwrap(byte[] buffer, short offset, short length) {
        calls.add("unwrap");
        if (refusal != 0) {
            throw refused(refusal);
        }
        return length;
    }

    /** Uses, in passing, the exception object that the card has one of. */
    @Override
    public void resetSecurity() {
        calls.add("resetSecurity");
        exception.setReason((short) 0x6666);
        level = NO_SECURITY_LEVEL;
    }

    /** Begins every handshake, and never finishes one. */
    @Override
    public short processSecurity(APDU apdu) {
        if (apdu.getBuffer()[1] == Contract.INS_EXTERNAL_AUTHENTICATE) {
            throw refused(Contract.SW_AUTHENTICATION_FAILED);
        }
        return 0;
    }

    @Override
    public short wrap(byte[] buffer, short offset, short length) {
        return (short) (length - 2);
    }

    @Override
    public short encryptData(byte[] data, short offset, short length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte cardState() {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte cardContentState() {
        return Contract.STATE_BLANK;
    }

    @Override
    public boolean setCardContentState(byte state) {
        return false;
    }

    @Override
    public SecureChannel secureChannel() {
        return this;
    }

    @Override
    public GPRegistryEntry registryEntry(AID aid) {
        return null;
    }
}
