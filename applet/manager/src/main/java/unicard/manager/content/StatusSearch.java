package unicard.manager.content;

import java.util.ArrayList;
import java.util.List;
import unicard.runtime.StatusWordException;

/**
 * What GET STATUS looks for (GlobalPlatform Card 2.3.1, 11.4.2.3).
 *
 * @param prefix first bytes of the AIDs; none: all
 * @param tags what is answered of each entry; none: everything
 */
record StatusSearch(byte[] prefix, List<Integer> tags) {
    private static final int TAG_LIST = 0x5C;

    /** @throws StatusWordException 6A80 (GST-07) */
    static StatusSearch read(byte[] data) {
        List<Tlv> objects = Tlv.readAll(data);
        boolean named = !objects.isEmpty() && objects.get(0).tag() == StatusEntry.AID;
        boolean listed = objects.size() == 2 && objects.get(1).tag() == TAG_LIST;
        if (!named
                || (objects.size() > 1 && !listed)
                || objects.get(0).value().length > Aids.LONGEST) {
            throw Refused.malformed();
        }
        return new StatusSearch(
                objects.get(0).value(), listed ? tags(objects.get(1).value()) : List.of());
    }

    private static List<Integer> tags(byte[] list) {
        Reader reader = new Reader(list);
        List<Integer> tags = new ArrayList<>();
        while (!reader.atEnd()) {
            tags.add(reader.tag());
        }
        return tags;
    }

    /** Whether an entry is one of those looked for. */
    boolean fits(byte[] aid) {
        return Aids.beginsWith(aid, prefix);
    }

    /** Whether an object of an entry is answered. */
    boolean wants(int tag) {
        return tags.isEmpty() || tags.contains(tag);
    }
}
