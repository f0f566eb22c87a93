package unicard.manager.content;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import javacard.framework.SystemException;
import unicard.manager.Contract.Limit;
import unicard.manager.state.CardContent;
import unicard.manager.state.InstanceEntry;
import unicard.manager.state.LoadFileEntry;
import unicard.runtime.AppletHost;

/**
 * The registry: finds what is on the card, and changes it in steps that power cannot tear. Lists are
 * in the order of AIDs.
 */
public final class Registry {
    private final AppletHost host;
    private final CardContent content;

    public Registry(AppletHost host, CardContent content) {
        this.host = host;
        this.content = content;
    }

    /** A change of several writes. */
    interface Change {
        void write(CardContent content);
    }

    /**
     * Makes a change in one step.
     *
     * @throws unicard.runtime.StatusWordException 6A84 where the memory has no room; nothing is changed
     */
    void change(Change change) {
        try {
            host.atomically(
                    () -> {
                        change.write(content);
                        return true;
                    });
        } catch (SystemException full) {
            if (full.getReason() == SystemException.NO_RESOURCE) {
                throw Refused.noRoom();
            }
            throw full;
        }
    }

    /** Remembers that objects may be made, or become, that nothing reaches. */
    void untidy() {
        content.setUntidy(true);
    }

    /** Gives the memory back of what nothing reaches, where there may be such. */
    public void tidy() {
        if (content.untidy()) {
            host.collect();
            content.setUntidy(false);
        }
    }

    List<LoadFileEntry> loadFiles() {
        List<LoadFileEntry> found = new ArrayList<>();
        for (int place = 0; place < content.loadFilePlaces(); place++) {
            if (content.loadFile(place) != null) {
                found.add(content.loadFile(place));
            }
        }
        found.sort(Comparator.comparing(LoadFileEntry::aid, Arrays::compareUnsigned));
        return found;
    }

    List<InstanceEntry> instances() {
        List<InstanceEntry> found = new ArrayList<>();
        for (int place = 0; place < content.instancePlaces(); place++) {
            if (content.instance(place) != null) {
                found.add(content.instance(place));
            }
        }
        found.sort(Comparator.comparing(InstanceEntry::aid, Arrays::compareUnsigned));
        return found;
    }

    /** The load file of this AID; null where there is none. */
    LoadFileEntry loadFile(byte[] aid) {
        return loadFiles().stream().filter(each -> Arrays.equals(each.aid(), aid)).findFirst().orElse(null);
    }

    /** The application of this AID; null where there is none. */
    InstanceEntry instance(byte[] aid) {
        return instances().stream().filter(each -> Arrays.equals(each.aid(), aid)).findFirst().orElse(null);
    }

    /** The applications of a load file. */
    List<InstanceEntry> instancesOf(LoadFileEntry file) {
        return instances().stream().filter(each -> each.loadFile() == file).toList();
    }

    /** Whether a load file, an application or the domain has this AID. */
    boolean taken(byte[] aid) {
        return Aids.isIsd(aid) || loadFile(aid) != null || instance(aid) != null;
    }

    /** Whether the card came with a load file. */
    boolean isOwn(LoadFileEntry file) {
        return content.isOwn(file);
    }

    boolean hasPlaceForInstance() {
        return instances().size() < Limit.APPLICATIONS;
    }

    boolean hasPlaceForLoadFile() {
        return loadFiles().stream().filter(file -> !isOwn(file)).count() < Limit.LOAD_FILES;
    }

    /** Bytes that load files may still have. */
    int loadFileRoom() {
        return Limit.LOAD_FILE_BYTES - loadFiles().stream().mapToInt(LoadFileEntry::size).sum();
    }
}
