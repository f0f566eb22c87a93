package unicard.manager.content;

import java.util.List;
import unicard.manager.Answer;
import unicard.manager.Command;
import unicard.manager.state.InstanceEntry;
import unicard.manager.state.LoadFileEntry;
import unicard.runtime.AppletHost;

/** DELETE of applications and load files (GlobalPlatform Card 2.3.1, 11.2). */
public final class Deletion {
    private static final int AID = 0x4F;
    private static final int WITH_RELATED = 0x80;

    private final AppletHost host;
    private final Registry registry;

    public Deletion(AppletHost host, Registry registry) {
        this.host = host;
        this.registry = registry;
    }

    /** DELETE; answers 00, that no receipt comes (11.2.3.1). */
    public Answer delete(Command command) {
        byte[] aid = aid(command.data());
        InstanceEntry instance = registry.instance(aid);
        LoadFileEntry file = registry.loadFile(aid);
        if (instance != null) {
            remove(List.of(instance), null);
        } else if (file != null) {
            List<InstanceEntry> made = registry.instancesOf(file);
            if (registry.isOwn(file) || (!made.isEmpty() && command.p2() != WITH_RELATED)) {
                throw Refused.conditions(); // DEL-03
            }
            remove(made, file);
        } else {
            throw Aids.isIsd(aid) ? Refused.conditions() : Refused.notThere(); // DEL-03, DEL-05
        }
        return Answer.of(new byte[1]);
    }

    private static byte[] aid(byte[] data) {
        List<Tlv> objects = Tlv.readAll(data);
        if (objects.size() != 1 || objects.get(0).tag() != AID) {
            throw Refused.malformed(); // DEL-04
        }
        return Aids.checked(objects.get(0).value());
    }

    /**
     * Applets hear of it first (AppletEvent), then all goes in one step; from there on the memory is
     * free, now or, where the power fails before, with the next reset (DEL-08).
     */
    private void remove(List<InstanceEntry> instances, LoadFileEntry file) {
        for (InstanceEntry each : instances) {
            host.uninstall(each.aid(), each.applet());
        }
        registry.change(
                content -> {
                    instances.forEach(content::remove);
                    if (file != null) {
                        content.remove(file);
                    }
                    content.setUntidy(true);
                });
        registry.tidy();
    }
}
