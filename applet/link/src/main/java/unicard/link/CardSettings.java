package unicard.link;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import unicard.card.AppletModule;
import unicard.card.CardOptions;
import unicard.card.Instance;
import unicard.card.LoadFile;
import unicard.card.Wiring;

/**
 * A card's options, collected from settings; bytes are hexadecimal. What is not set is as in {@link
 * CardOptions#PLAIN}.
 *
 * <ul>
 *   <li>numbers: {@code commitCapacity}, {@code persistentBytes}, {@code transientResetBytes}, {@code
 *       transientDeselectBytes}, {@code instructionLimit}
 *   <li>{@code keysJoinTransactions=true|false}, {@code wiring=CONTACT_T1}, {@code atr=3B800181}
 *   <li>{@code domain=CLASS} and {@code domain.KEY=VALUE}
 *   <li>{@code loadFile=AID VERSION card|outside}, the version of 2 bytes; {@code module=AID CLASS} of the
 *       load file before it
 *   <li>{@code instance=LOADFILE MODULE AID PARAMETERS}, {@code -} for no parameters
 *   <li>{@code classPath=PATH}
 * </ul>
 *
 * <p>The last three may stand more than once. No message repeats a value, paths apart: some are keys.
 */
final class CardSettings {
    private static final CardOptions PLAIN = CardOptions.PLAIN;

    private final Map<String, String> single = new LinkedHashMap<>();
    private final Map<String, String> domain = new LinkedHashMap<>();
    private final List<LoadFile> loadFiles = new ArrayList<>();
    private final List<Instance> instances = new ArrayList<>();
    private final List<Path> classPath = new ArrayList<>();

    /** @throws IllegalArgumentException for a key or a value that means nothing */
    void set(String key, String value) {
        switch (key) {
            case "commitCapacity", "persistentBytes", "transientResetBytes", "transientDeselectBytes",
                    "instructionLimit", "keysJoinTransactions", "wiring", "atr", "domain" ->
                    single.put(key, value);
            case "loadFile" -> loadFiles.add(loadFile(words(key, value, 3)));
            case "module" -> addModule(words(key, value, 2));
            case "instance" -> instances.add(instance(words(key, value, 4)));
            case "classPath" -> classPath.add(folderOrJar(value));
            default -> {
                if (!key.startsWith("domain.")) {
                    throw new IllegalArgumentException("nothing is called " + key);
                }
                domain.put(key.substring("domain.".length()), value);
            }
        }
    }

    /** @throws IllegalArgumentException for a value that means nothing */
    CardOptions options() {
        return new CardOptions(
                count("commitCapacity", PLAIN.commitCapacity()),
                count("persistentBytes", PLAIN.persistentBytes()),
                count("transientResetBytes", PLAIN.transientResetBytes()),
                count("transientDeselectBytes", PLAIN.transientDeselectBytes()),
                limit("instructionLimit", PLAIN.instructionLimit()),
                flag("keysJoinTransactions", PLAIN.keysJoinTransactions()),
                single.containsKey("wiring") ? wiring(single.get("wiring")) : PLAIN.wiring(),
                single.containsKey("atr") ? bytes("atr", single.get("atr")) : PLAIN.atr(),
                single.getOrDefault("domain", PLAIN.domain()),
                Map.copyOf(domain),
                List.copyOf(loadFiles),
                List.copyOf(instances),
                List.copyOf(classPath));
    }

    /** @throws IllegalArgumentException for no number from {@code least} to {@code most} */
    static int number(String key, String value, int least, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(key + " is a number from " + least + " to " + most);
    }

    /** @throws IllegalArgumentException for no wiring's name */
    static Wiring wiring(String name) {
        for (Wiring wiring : Wiring.values()) {
            if (wiring.name().equals(name)) {
                return wiring;
            }
        }
        throw new IllegalArgumentException("wiring is one of " + List.of(Wiring.values()));
    }

    private int count(String key, int otherwise) {
        return single.containsKey(key) ? number(key, single.get(key), 0, 1 << 24) : otherwise;
    }

    private long limit(String key, long otherwise) {
        return single.containsKey(key) ? number(key, single.get(key), 1, Integer.MAX_VALUE) : otherwise;
    }

    private boolean flag(String key, boolean otherwise) {
        String value = single.getOrDefault(key, String.valueOf(otherwise));
        if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException(key + " is true or false");
        }
        return value.equals("true");
    }

    private static LoadFile loadFile(String[] words) {
        boolean onCard = words[2].equals("card");
        if (!onCard && !words[2].equals("outside")) {
            throw new IllegalArgumentException("a loadFile is on the card or outside");
        }
        byte[] version = bytes("the version of a loadFile", words[1]);
        if (version.length != 2) {
            throw new IllegalArgumentException("the version of a loadFile has 2 bytes");
        }
        int number = (version[0] & 0xFF) << 8 | version[1] & 0xFF;
        return new LoadFile(aid("loadFile", words[0]), number, List.of(), onCard);
    }

    private void addModule(String[] words) {
        if (loadFiles.isEmpty()) {
            throw new IllegalArgumentException("a module stands after its loadFile");
        }
        LoadFile file = loadFiles.remove(loadFiles.size() - 1);
        List<AppletModule> modules = new ArrayList<>(file.modules());
        modules.add(new AppletModule(aid("module", words[0]), words[1]));
        loadFiles.add(new LoadFile(file.aid(), file.version(), modules, file.onCard()));
    }

    private static Instance instance(String[] words) {
        return new Instance(
                aid("instance", words[0]),
                aid("instance", words[1]),
                aid("instance", words[2]),
                words[3].equals("-") ? new byte[0] : bytes("instance", words[3]));
    }

    private static Path folderOrJar(String value) {
        Path path = Path.of(value);
        if (!Files.isDirectory(path)) {
            try {
                new ZipFile(path.toFile()).close();
            } catch (IOException e) {
                throw new IllegalArgumentException(
                        "classPath: " + path.toAbsolutePath() + " is no folder, and no jar that can be read");
            }
        }
        return path;
    }

    private static byte[] aid(String key, String hex) {
        byte[] aid = bytes(key, hex);
        if (aid.length < 5 || aid.length > 16) {
            throw new IllegalArgumentException(key + ": an AID has 5 to 16 bytes");
        }
        return aid;
    }

    private static byte[] bytes(String key, String hex) {
        try {
            return HexFormat.of().parseHex(hex);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(key + " is not hexadecimal");
        }
    }

    private static String[] words(String key, String value, int count) {
        String[] words = value.split(" ");
        if (words.length != count) {
            throw new IllegalArgumentException(key + " has " + count + " words");
        }
        return words;
    }
}
