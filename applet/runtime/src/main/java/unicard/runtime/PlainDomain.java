package unicard.runtime;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import unicard.card.AppletModule;
import unicard.card.CardOptions;
import unicard.card.Instance;
import unicard.card.LoadFile;
import unicard.runtime.state.Registration;
import unicard.runtime.state.Registrations;

/**
 * An issuer domain that selects applets and knows nothing else: no keys, no life cycle. Applets come
 * onto the card from outside, by {@link unicard.card.AppletInstaller}.
 */
public final class PlainDomain implements IssuerDomain {
    private static final byte[] AID = HexFormat.of().parseHex("A000000151000000");
    /** Bit 02 of P2: the next one that the name fits. */
    private static final int NEXT = 0x02;
    /** Bits of P2 that ask for something else than an FCI, or nothing. */
    private static final int NOT_FCI = 0xF1;
    private static final int SELECT = 0xA4;

    private final AppletHost host;
    private final CardOptions options;
    private final Registrations registrations = new Registrations();

    /** See {@link IssuerDomain}. */
    public PlainDomain(AppletHost host, CardOptions options) {
        this.host = host;
        this.options = options;
    }

    @Override
    public void manufacture() {
        for (Instance instance : options.instances()) {
            install(module(instance), instance.aid(), instance.parameters());
        }
    }

    private AppletModule module(Instance instance) {
        for (LoadFile file : options.loadFiles()) {
            if (Arrays.equals(file.aid(), instance.loadFile())) {
                for (AppletModule module : file.modules()) {
                    if (Arrays.equals(module.aid(), instance.module())) {
                        return module;
                    }
                }
            }
        }
        throw new IllegalArgumentException(
                "no load file has the module " + HexFormat.of().withUpperCase().formatHex(instance.module()));
    }

    /** @throws StatusWordException 6985 where the AID is taken, else as {@link AppletHost#install} */
    void install(AppletModule module, byte[] aid, byte[] parameters) {
        if (Arrays.equals(aid, AID) || registrations.named(aid) != null) {
            throw new StatusWordException(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
        }
        Applet applet = host.install(module, aid, data(aid, parameters));
        host.atomically(() -> {
            registrations.add(aid, applet);
            return true;
        });
    }

    private static byte[] data(byte[]... values) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (byte[] value : new byte[][] {values[0], {}, values[1]}) {
            data.write(value.length);
            data.writeBytes(value);
        }
        return data.toByteArray();
    }

    /** @throws StatusWordException 6A88 where nothing has this AID */
    void delete(byte[] aid) {
        Registration gone = registrations.named(aid);
        if (gone == null) {
            throw new StatusWordException(0x6A88);
        }
        host.uninstall(aid, gone.applet());
        host.atomically(() -> {
            registrations.remove(gone);
            return true;
        });
        host.collect();
    }

    @Override
    public void restart() {
        // Nothing here outlasts a command but the registrations.
    }

    @Override
    public byte[] aid() {
        return AID.clone();
    }

    @Override
    public Found find(int p2, byte[] name, byte[] selected) {
        if ((p2 & NOT_FCI) != 0) {
            return null;
        }
        boolean passed = (p2 & NEXT) == 0;
        Registration whole = passed ? registrations.named(name) : null;
        if (whole != null) {
            return new Found(whole.aid().clone(), whole.applet());
        }
        if (startsWith(AID, name)) {
            if (passed) {
                return new Found(AID, null);
            }
            passed = Arrays.equals(AID, selected);
        }
        for (Registration each = registrations.first(); each != null; each = each.next()) {
            if (passed && startsWith(each.aid(), name)) {
                return new Found(each.aid().clone(), each.applet());
            }
            passed |= Arrays.equals(each.aid(), selected);
        }
        return null;
    }

    private static boolean startsWith(byte[] aid, byte[] name) {
        return name.length <= aid.length && Arrays.equals(aid, 0, name.length, name, 0, name.length);
    }

    @Override
    public byte[] select() {
        byte[] fci = {0x6F, 0x0A, (byte) 0x84, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0x90, 0};
        System.arraycopy(AID, 0, fci, 4, AID.length);
        return fci;
    }

    @Override
    public void deselect() {
        // No session to end.
    }

    @Override
    public void commandStarts() {
        // Nothing goes over two commands.
    }

    @Override
    public void interrupted() {
        // No command depends on the one before.
    }

    @Override
    public byte[] process(byte[] command) {
        boolean select = (command[1] & 0xFF) == SELECT;
        throw new StatusWordException(select ? ISO7816.SW_FILE_NOT_FOUND : ISO7816.SW_INS_NOT_SUPPORTED);
    }
}
