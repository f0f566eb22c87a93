package unicard.runtime.api;

import com.licel.jcardsim.bouncycastle.crypto.BlockCipher;
import com.licel.jcardsim.bouncycastle.crypto.CipherParameters;
import com.licel.jcardsim.bouncycastle.crypto.KeyGenerationParameters;
import com.licel.jcardsim.bouncycastle.crypto.engines.AESEngine;
import com.licel.jcardsim.bouncycastle.crypto.engines.DESEngine;
import com.licel.jcardsim.bouncycastle.crypto.engines.DESedeEngine;
import com.licel.jcardsim.bouncycastle.crypto.engines.SEEDEngine;
import com.licel.jcardsim.bouncycastle.crypto.params.KeyParameter;
import com.licel.jcardsim.crypto.KeyImpl;
import java.security.SecureRandom;
import javacard.framework.JCSystem;
import javacard.security.AESKey;
import javacard.security.CryptoException;
import javacard.security.DESKey;
import javacard.security.HMACKey;
import javacard.security.KeyBuilder;
import javacard.security.KoreanSEEDKey;

/**
 * {@code com.licel.jcardsim.crypto.SymmetricKeyImpl}; each card defines this class under that name.
 * Its value takes its room when the key is built, and lies in the memory that the key's type says.
 */
public class TornSymmetricKey extends KeyImpl implements DESKey, AESKey, HMACKey, KoreanSEEDKey {
    protected TornKeyBytes key;

    /** @param keySize bits */
    public TornSymmetricKey(byte keyType, short keySize) {
        size = keySize;
        type = keyType;
        key = new TornKeyBytes(memoryType(keyType), keySize / 8);
    }

    private static byte memoryType(byte keyType) {
        return switch (keyType) {
            case KeyBuilder.TYPE_DES_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_AES_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_HMAC_TRANSIENT_DESELECT,
                    KeyBuilder.TYPE_KOREAN_SEED_TRANSIENT_DESELECT ->
                    JCSystem.MEMORY_TYPE_TRANSIENT_DESELECT;
            case KeyBuilder.TYPE_DES_TRANSIENT_RESET,
                    KeyBuilder.TYPE_AES_TRANSIENT_RESET,
                    KeyBuilder.TYPE_HMAC_TRANSIENT_RESET,
                    KeyBuilder.TYPE_KOREAN_SEED_TRANSIENT_RESET ->
                    JCSystem.MEMORY_TYPE_TRANSIENT_RESET;
            default -> JCSystem.MEMORY_TYPE_PERSISTENT;
        };
    }

    @Override
    public void clearKey() {
        key.clear();
    }

    @Override
    public boolean isInitialized() {
        return key.isInitialized();
    }

    @Override
    public void setKey(byte[] keyData, short kOff) {
        key.setBytes(keyData, kOff, (short) (size / 8));
    }

    @Override
    public void setKey(byte[] keyData, short kOff, short kLen) {
        key.setBytes(keyData, kOff, kLen);
    }

    @Override
    public byte getKey(byte[] keyData, short kOff) {
        return (byte) key.getBytes(keyData, kOff);
    }

    @Override
    public void setParameters(CipherParameters params) {
        key.setBytes(((KeyParameter) params).getKey());
    }

    @Override
    public CipherParameters getParameters() {
        return new KeyParameter(key.getBytes(JCSystem.CLEAR_ON_RESET));
    }

    @Override
    public KeyGenerationParameters getKeyGenerationParameters(SecureRandom random) {
        return null;
    }

    /**
     * The block cipher of the key's type, null for HMAC.
     *
     * @throws CryptoException UNINITIALIZED_KEY
     */
    public BlockCipher getCipher() {
        if (!isInitialized()) {
            CryptoException.throwIt(CryptoException.UNINITIALIZED_KEY);
        }
        return switch (type) {
            case KeyBuilder.TYPE_DES,
                    KeyBuilder.TYPE_DES_TRANSIENT_RESET,
                    KeyBuilder.TYPE_DES_TRANSIENT_DESELECT ->
                    size == KeyBuilder.LENGTH_DES ? new DESEngine() : new DESedeEngine();
            case KeyBuilder.TYPE_AES,
                    KeyBuilder.TYPE_AES_TRANSIENT_RESET,
                    KeyBuilder.TYPE_AES_TRANSIENT_DESELECT ->
                    new AESEngine();
            case KeyBuilder.TYPE_KOREAN_SEED,
                    KeyBuilder.TYPE_KOREAN_SEED_TRANSIENT_RESET,
                    KeyBuilder.TYPE_KOREAN_SEED_TRANSIENT_DESELECT ->
                    new SEEDEngine();
            default -> null;
        };
    }
}
