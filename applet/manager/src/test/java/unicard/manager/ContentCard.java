package unicard.manager;

import static unicard.manager.ContentBytes.C9;
import static unicard.manager.ContentBytes.NOTHING;
import static unicard.manager.ContentBytes.fields;
import static unicard.manager.ContentBytes.hex;
import static unicard.manager.ContentBytes.join;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import unicard.card.AppletModule;
import unicard.card.CardCore;
import unicard.card.CardOptions;
import unicard.card.JavaCard;
import unicard.card.LoadFile;
import unicard.manager.host.Cards;
import unicard.manager.host.Reply;
import unicard.manager.host.Terminal;

/** A whole card with the probes of GlobalPlatform on it, and a session with its card manager. */
final class ContentCard implements AutoCloseable {
    static final byte[] PROBES = hex("F050524F424553");
    /** A load file that the JVM has classes of and the card has not. */
    static final byte[] LATER = hex("F04C41544552");
    static final byte[] LATER_MODULE = hex("F04C4154455201");

    private static final List<String> CLASSES =
            List.of(
                    "Parameters", "States", "Entry", "Personalized", "OldPersonalized", "Farewell", "Misfit");

    final CardCore card;
    final Terminal host;
    private final int level;

    ContentCard(int level) {
        this(JavaCard.insert(options()), level);
        host.open(0, level);
    }

    private ContentCard(CardCore card, int level) {
        this.level = level;
        this.card = card;
        host = new Terminal(card::transmit);
    }

    /** The same for a card that is there already, still without a session. */
    static ContentCard of(CardCore card) {
        return new ContentCard(card, 0x01);
    }

    ContentCard() {
        this(0x33);
    }

    /** With so much persistent memory, and a session at level 33. */
    static ContentCard withMemory(int bytes) {
        CardOptions usual = options();
        CardOptions options =
                new CardOptions(
                        usual.commitCapacity(), bytes, usual.transientResetBytes(),
                        usual.transientDeselectBytes(), usual.instructionLimit(),
                        usual.keysJoinTransactions(), usual.wiring(), usual.atr(), usual.domain(),
                        usual.domainSettings(), usual.loadFiles(), usual.instances(), usual.classPath());
        ContentCard made = new ContentCard(JavaCard.insert(options), 0x33);
        made.host.open(0, 0x33);
        return made;
    }

    static CardOptions options() {
        List<AppletModule> modules = new ArrayList<>();
        for (String name : CLASSES) {
            modules.add(new AppletModule(module(name), "probes.globalplatform." + name));
        }
        LoadFile later =
                new LoadFile(
                        LATER,
                        0x0100,
                        List.of(new AppletModule(LATER_MODULE, "probes.globalplatform.Parameters")),
                        false);
        Map<String, String> settings = new HashMap<>();
        settings.put("i", "60");
        settings.put("key", "404142434445464748494A4B4C4D4E4F");
        return Cards.options(settings, new LoadFile(PROBES, 0x0203, modules, true), later);
    }

    static byte[] module(String probe) {
        return join(PROBES, new byte[] {(byte) (1 + CLASSES.indexOf(probe))});
    }

    /** AID of an instance. */
    static byte[] aid(int number) {
        return join(hex("F1494E535400"), new byte[] {(byte) number});
    }

    static byte[] installData(String probe, int number, byte[] parameters) {
        byte[] c9 = join(hex("C9"), fields(parameters));
        return fields(PROBES, module(probe), aid(number), NOTHING, c9, NOTHING);
    }

    int install(String probe, int number, byte... parameters) {
        return host.word(0x80, 0xE6, 0x0C, 0, installData(probe, number, parameters));
    }

    int installInert(byte[] file, byte[] module, byte[] aid) {
        return host.word(0x80, 0xE6, 0x0C, 0, fields(file, module, aid, NOTHING, C9, NOTHING));
    }

    /** Loads a file; returns the last status word. */
    int load(byte[] aid, byte[] components) {
        int word = host.word(0x80, 0xE6, 0x02, 0, ContentBytes.announcement(aid));
        byte[] stream = ContentBytes.loadFile(components);
        for (int at = 0, number = 0; word == 0x9000 && at < stream.length; at += 200, number++) {
            int end = Math.min(at + 200, stream.length);
            byte[] block = java.util.Arrays.copyOfRange(stream, at, end);
            word = host.word(0x80, 0xE8, end == stream.length ? 0x80 : 0, number, block);
        }
        return word;
    }

    int delete(byte[] aid, int p2) {
        return host.word(0x80, 0xE4, 0, p2, ContentBytes.deletion(aid));
    }

    /** Selects the card manager and opens a new session. */
    ContentCard again() {
        host.selectDomain();
        host.open(0, level);
        return this;
    }

    /** Resets, and opens a new session. */
    ContentCard reset() {
        card.reset();
        host.open(0, level);
        return this;
    }

    /** Everything that the card shows of its content, in a session of its own after a reset. */
    String everything() {
        reset();
        StringBuilder all = new StringBuilder();
        for (int part : new int[] {0x80, 0x40, 0x10}) {
            int p2 = 2;
            Reply reply;
            do {
                reply = host.send(0x80, 0xF2, part, p2, hex("4F00"));
                all.append(hex(reply.data()));
                p2 = 3;
            } while (reply.sw() == 0x6310);
            all.append(' ');
        }
        for (int tag : new int[] {0x42, 0x45}) {
            all.append(host.send(0x80, 0xCA, 0, tag)).append(' ');
        }
        return all.toString();
    }

    /** What a selected probe answers, data and status word in digits. */
    String ask(int number, int ins, int p1, byte... data) {
        host.select(aid(number));
        return host.send(0x80, ins, p1, 0, data).toString();
    }

    @Override
    public void close() {
        if (card instanceof JavaCard whole) {
            whole.close();
        }
    }
}
