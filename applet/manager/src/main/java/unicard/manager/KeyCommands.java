package unicard.manager;

import static unicard.manager.Checks.require;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import unicard.manager.Contract.Instruction;
import unicard.manager.Contract.Limit;
import unicard.manager.Contract.Sw;
import unicard.manager.state.KeyRing;
import unicard.manager.state.KeySet;

/**
 * PUT KEY and DELETE KEY (GlobalPlatform Card 2.3.1, 11.8 and 11.2; Amendment D, 7.2). Each decides
 * first, then builds the table of key sets as it will be, and puts it in place in one write.
 */
final class KeyCommands {
    /** Version of the set that blank stock comes with; it goes with the first complete other set. */
    static final int BLANK_VERSION = 0xFF;

    private static final int AES = 0x88;
    private static final int CHECK_LENGTH = 3;
    private static final int KEY_NUMBER = 0xD0;
    private static final int KEY_VERSION = 0xD2;
    private static final int SEVERAL = 0x80;

    private final KeyRing ring;
    private final Sessions sessions;
    private final Runnable collect;

    /** @param collect gives back the room of what is no longer there */
    KeyCommands(KeyRing ring, Sessions sessions, Runnable collect) {
        this.ring = ring;
        this.sessions = sessions;
        this.collect = collect;
    }

    void addTo(CommandTable table) {
        table.add(Instruction.PUT_KEY, this::putKey);
        table.add(Instruction.DELETE_KEY, this::deleteKey);
    }

    private Answer putKey(Command command) {
        int replaced = command.p1();
        Session session = sessions.open();
        List<byte[]> keys = new ArrayList<>();
        int version = read(command, session.dek(), keys);
        int first = command.p2() & ~SEVERAL;

        KeySet before = ring.find(replaced == 0 ? version : replaced);
        require(replaced == 0 || before != null, Sw.REFERENCED_DATA_NOT_FOUND);
        boolean moves = replaced != 0 && replaced != version;
        require(!moves || ring.find(version) == null, Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        byte[][] after = keysOf(before);
        for (int i = 0; i < keys.size(); i++) {
            int place = first - KeySet.ENC + i;
            require(replaced != 0 || after[place] == null, Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
            after[place] = keys.get(i);
        }
        change(before, version, after);
        if (replaced != 0 && replaced == session.version()) {
            session.follow(version);
        }
        return Answer.of(confirmation(version, keys));
    }

    /** The keys of a set by their numbers from 1; of no set: none. */
    private static byte[][] keysOf(KeySet set) {
        byte[][] keys = new byte[KeySet.DEK][];
        for (int number = KeySet.ENC; set != null && number <= KeySet.DEK; number++) {
            keys[number - KeySet.ENC] = set.key(number);
        }
        return keys;
    }

    /**
     * Puts the table in place in which a set has become another, unless the issuer would be shut out or
     * the card has no room; both are decided before anything is written.
     *
     * @param before null: the set is new
     * @param after its keys; none at all: the set goes
     */
    private void change(KeySet before, int version, byte[][] after) {
        boolean stays = after[0] != null || after[1] != null || after[2] != null;
        List<KeySet> table = new ArrayList<>(List.of(ring.sets()));
        table.remove(before);
        boolean opens = KeySet.isComplete(after[0], after[1], after[2]);
        if (opens || table.stream().anyMatch(set -> set.isComplete() && !isBlank(set))) {
            table.removeIf(KeyCommands::isBlank);
        }
        require(opens || table.stream().anyMatch(KeySet::isComplete), Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        require(table.size() + (stays ? 1 : 0) <= Limit.KEY_SETS, Sw.NOT_ENOUGH_MEMORY);
        if (stays) {
            table.add(new KeySet(version, after[0], after[1], after[2], before));
        }
        ring.put(table);
        collect.run();
    }

    private static boolean isBlank(KeySet set) {
        return set.version() == BLANK_VERSION;
    }

    private static byte[] confirmation(int version, List<byte[]> keys) {
        byte[] answer = Bytes.of(version);
        for (byte[] key : keys) {
            answer = Bytes.join(answer, new Aes(key).checkValue());
        }
        return answer;
    }

    /**
     * Reads the version and the key blocks, each 88, length, the key encrypted under Key-DEK (with or
     * without the length of the key before it), 03, check value.
     *
     * @param keys takes the keys
     * @return the version
     */
    private static int read(Command command, Aes dek, List<byte[]> keys) {
        byte[] data = command.data();
        require(data.length > 0, Sw.INCORRECT_DATA);
        int version = data[0] & 0xFF;
        require(version >= Limit.KEY_VERSION_MIN && version <= Limit.KEY_VERSION_MAX, Sw.INCORRECT_DATA);
        int at = 1;
        while (at < data.length) {
            require(at + 2 <= data.length && (data[at] & 0xFF) == AES, Sw.INCORRECT_DATA);
            int from = at + 2;
            int to = from + (data[at + 1] & 0xFF);
            int end = to + 1 + CHECK_LENGTH;
            require(end <= data.length && data[to] == CHECK_LENGTH, Sw.INCORRECT_DATA);
            byte[] key = key(Arrays.copyOfRange(data, from, to), dek);
            byte[] check = Arrays.copyOfRange(data, to + 1, end);
            require(MessageDigest.isEqual(check, new Aes(key).checkValue()), Sw.INCORRECT_DATA);
            require(keys.isEmpty() || keys.get(0).length == key.length, Sw.INCORRECT_DATA);
            keys.add(key);
            at = end;
        }
        boolean several = (command.p2() & SEVERAL) != 0;
        int first = command.p2() & ~SEVERAL;
        boolean fits = several ? keys.size() > 1 && first + keys.size() - 1 <= KeySet.DEK : keys.size() == 1;
        require(fits, Sw.INCORRECT_DATA);
        return version;
    }

    private static byte[] key(byte[] body, Aes dek) {
        boolean bare = body.length > 0 && body.length % Aes.BLOCK == 0;
        int length = bare ? body.length : body.length > 0 ? body[0] & 0xFF : 0;
        byte[] encrypted = bare || body.length == 0 ? body : Bytes.tail(body, 1);
        boolean known = length == 16 || length == 24 || length == 32;
        int padded = (length + Aes.BLOCK - 1) / Aes.BLOCK * Aes.BLOCK;
        require(known && encrypted.length == padded, Sw.INCORRECT_DATA);
        return Arrays.copyOf(dek.cbcDecrypt(new byte[Aes.BLOCK], encrypted), length);
    }

    private Answer deleteKey(Command command) {
        int number = -1;
        int version = -1;
        byte[] data = command.data();
        for (int at = 0; at < data.length; at += 3) {
            require(at + 3 <= data.length && data[at + 1] == 1, Sw.INCORRECT_DATA);
            int value = data[at + 2] & 0xFF;
            switch (data[at] & 0xFF) {
                case KEY_NUMBER -> {
                    require(number < 0, Sw.INCORRECT_DATA);
                    number = value;
                }
                case KEY_VERSION -> {
                    require(version < 0, Sw.INCORRECT_DATA);
                    version = value;
                }
                default -> require(false, Sw.INCORRECT_DATA);
            }
        }
        require(version >= 0, Sw.INCORRECT_DATA);
        delete(version, number);
        return Answer.of(new byte[1]);
    }

    /** @param number of the key; -1: the whole set */
    private void delete(int version, int number) {
        KeySet set = ring.find(version);
        require(set != null && (number < 0 || set.key(number) != null), Sw.REFERENCED_DATA_NOT_FOUND);
        require(version != sessions.open().version(), Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        byte[][] left = number < 0 ? new byte[KeySet.DEK][] : keysOf(set);
        if (number >= 0) {
            left[number - KeySet.ENC] = null;
        }
        change(set, version, left);
    }
}
