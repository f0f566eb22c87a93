package unicard.manager;

import java.util.HexFormat;
import java.util.function.BooleanSupplier;
import javacard.framework.Applet;
import unicard.card.AppletModule;
import unicard.runtime.AppletHost;

/** A host whose random bytes are 08, 09, and so on, and on which there are no applets. */
final class KnownHost implements AppletHost {
    @Override
    public Applet install(AppletModule module, byte[] instance, byte[] data) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void uninstall(byte[] aid, Applet applet) {}

    @Override
    public byte[] personalize(byte[] aid, Applet applet, byte[] command) {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte[] selected() {
        return HexFormat.of().parseHex(Contract.Aid.ISD);
    }

    @Override
    public byte[] random(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (8 + i);
        }
        return bytes;
    }

    @Override
    public void atomically(BooleanSupplier change) {
        change.getAsBoolean();
    }

    @Override
    public void collect() {}

    @Override
    public int freePersistent() {
        return 1 << 16;
    }

    @Override
    public boolean contactless() {
        return false;
    }
}
