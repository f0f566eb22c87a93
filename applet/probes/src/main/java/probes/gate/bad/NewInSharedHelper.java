package probes.gate.bad;

import javacard.framework.APDU;
import javacard.framework.Applet;

/** Its helper is reached from install and from process. */
public final class NewInSharedHelper extends Applet {
    private byte[] kept;

    private NewInSharedHelper() {
        refresh();
    }

    private void refresh() {
        kept = new byte[4];
    }

    public static void install(byte[] data, short offset, byte length) {
        new NewInSharedHelper().register();
    }

    @Override
    public void process(APDU apdu) {
        refresh();
    }
}
