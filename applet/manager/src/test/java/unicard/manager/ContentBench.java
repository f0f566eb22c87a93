package unicard.manager;

import static unicard.manager.ContentBytes.NOTHING;
import static unicard.manager.ContentBytes.OWN;
import static unicard.manager.ContentBytes.OWN_MODULE;
import static unicard.manager.ContentBytes.PACKAGE;
import static unicard.manager.ContentBytes.announcement;
import static unicard.manager.ContentBytes.hex;
import static unicard.manager.ContentBytes.loadFile;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import javacard.framework.APDU;
import javacard.framework.Applet;
import unicard.card.AppletModule;
import unicard.card.CardOptions;
import unicard.card.LoadFile;
import unicard.card.Wiring;
import unicard.manager.Contract.Instruction;
import unicard.manager.content.InertApplet;
import unicard.manager.state.DomainState;
import unicard.runtime.AppletHost;
import unicard.runtime.IssuerDomain.Found;
import unicard.runtime.StatusWordException;

/**
 * The content of a card without a card around it: commands reach their handlers as after all checks
 * before the data. It has one load file of its own, whose module makes inert applications.
 */
final class ContentBench implements AppletHost {
    static final int LOAD = 0x02;
    static final int INSTALL = 0x04;
    static final int MAKE_SELECTABLE = 0x08;
    static final int INSTALL_AND_MAKE_SELECTABLE = 0x0C;
    static final int PERSONALIZE = 0x20;

    final DomainState state = new DomainState();
    final List<AppletModule> installed = new ArrayList<>();
    final List<byte[]> installData = new ArrayList<>();
    final List<Applet> uninstalled = new ArrayList<>();
    final Content content;
    private final CommandTable table = new CommandTable();
    private byte[] selected = ContentBytes.ISD;
    private StatusWordException refusal;
    int collections;

    /** An applet that does nothing. */
    static final class Silent extends Applet {
        @Override
        public void process(APDU apdu) {}
    }

    ContentBench() {
        this(InertApplet.class.getName());
    }

    ContentBench(String className) {
        this(new AppletModule(OWN_MODULE, className));
    }

    ContentBench(AppletModule... modules) {
        LoadFile own = new LoadFile(OWN, 0x0100, List.of(modules), true);
        CardOptions options =
                new CardOptions(
                        512, 65536, 3072, 2048, 1000, false, Wiring.CONTACT_T1, NOTHING, "", Map.of(),
                        List.of(own), List.of(), List.of());
        content = new Content(this, options, state, table);
        content.manufacture();
    }

    /** The next installation is refused by the applet. */
    void refuseInstall(int sw) {
        refusal = new StatusWordException(sw);
    }

    /** Runs a command, with what it means for commands in a row. */
    Answer send(Instruction instruction, int p1, int p2, byte[] data) {
        content.endSequences(instruction);
        Command command = new Command(0x80, instruction.ins, p1, p2, data, 0);
        try {
            return table.handle(instruction, command);
        } catch (StatusWordException refused) {
            return Answer.word(refused.statusWord());
        }
    }

    int sw(Instruction instruction, int p1, int p2, byte[] data) {
        return send(instruction, p1, p2, data).sw();
    }

    int install(int p1, byte[] data) {
        return sw(Instruction.INSTALL, p1, 0, data);
    }

    /** Sends the blocks of a load file until one is refused; returns the last status word. */
    int blocks(byte[] stream, int size) {
        for (int at = 0, number = 0; at < stream.length; at += size, number++) {
            boolean last = at + size >= stream.length;
            byte[] block = Arrays.copyOfRange(stream, at, Math.min(at + size, stream.length));
            int word = sw(Instruction.LOAD, last ? 0x80 : 0, number & 0xFF, block);
            if (last || word != 0x9000) {
                return word;
            }
        }
        throw new IllegalArgumentException("no block");
    }

    int load(byte[] aid, byte[] components) {
        int word = install(LOAD, announcement(aid));
        return word == 0x9000 ? blocks(loadFile(components), 200) : word;
    }

    /** With the package of {@link ContentBytes} on the card. */
    ContentBench loaded() {
        load(PACKAGE, ContentBytes.cap());
        return this;
    }

    int delete(byte[] aid, int p2) {
        return sw(Instruction.DELETE, 0, p2, ContentBytes.deletion(aid));
    }

    int lock(byte[] aid, int p2) {
        return sw(Instruction.SET_STATUS, 0x40, p2, aid);
    }

    int moveCard(int state) {
        return sw(Instruction.SET_STATUS, 0x80, state, NOTHING);
    }

    /** All entries of a list, as hexadecimal digits; empty where there are none. */
    String listed(int p1, String search) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Answer answer = send(Instruction.GET_STATUS, p1, 2, hex(search));
        out.writeBytes(answer.data());
        while (answer.sw() == 0x6310) {
            answer = send(Instruction.GET_STATUS, p1, 3, hex(search));
            out.writeBytes(answer.data());
        }
        return hex(out.toByteArray());
    }

    /** Everything that GET STATUS and GET DATA show. */
    String everything() {
        StringBuilder all = new StringBuilder();
        for (int part : new int[] {0x80, 0x40, 0x10}) {
            all.append(listed(part, "4F00")).append(' ');
        }
        for (int tag : new int[] {0x42, 0x45}) {
            byte[] value = state.issuerData(tag);
            all.append(value == null ? "-" : hex(value)).append(' ');
        }
        return all.toString();
    }

    /** Selects; returns the AID that was found, or the refusal. */
    String select(byte[] name, int p2) {
        try {
            Found found = content.find(p2, name, selected);
            selected = found.aid();
            return hex(found.aid());
        } catch (StatusWordException refused) {
            return refused.getMessage();
        }
    }

    String select(byte[] name) {
        return select(name, 0);
    }

    @Override
    public Applet install(AppletModule module, byte[] instance, byte[] data) {
        installed.add(module);
        installData.add(data);
        if (refusal != null) {
            StatusWordException now = refusal;
            refusal = null;
            throw now;
        }
        return new Silent();
    }

    @Override
    public void uninstall(byte[] aid, Applet applet) {
        uninstalled.add(applet);
    }

    @Override
    public byte[] personalize(byte[] aid, Applet applet, byte[] command) {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte[] selected() {
        return selected;
    }

    @Override
    public byte[] random(int length) {
        return new byte[length];
    }

    @Override
    public void atomically(BooleanSupplier change) {
        if (!change.getAsBoolean()) {
            throw new AssertionError("a change was taken back");
        }
    }

    @Override
    public void collect() {
        collections++;
    }

    @Override
    public int freePersistent() {
        return 65536;
    }

    @Override
    public boolean contactless() {
        return false;
    }
}
