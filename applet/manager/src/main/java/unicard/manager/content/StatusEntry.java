package unicard.manager.content;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import unicard.manager.Contract.ContentState;
import unicard.manager.state.InstanceEntry;
import unicard.manager.state.LoadFileEntry;

/** One entry of GET STATUS: what stands in its E3 (GlobalPlatform Card 2.3.1, table 11-36). */
record StatusEntry(byte[] aid, List<Tlv> objects) {
    static final int AID = 0x4F;
    private static final int TEMPLATE = 0xE3;
    private static final int LIFE_CYCLE = 0x9F70;
    private static final int PRIVILEGES = 0xC5;
    private static final int LOAD_FILE = 0xC4;
    private static final int VERSION = 0xCE;
    private static final int MODULE = 0x84;
    private static final int DOMAIN = 0xCC;

    /** Everything but Delegated Management, DAP Verification and Global Service (table 11-7 on). */
    private static final byte[] ISSUER_PRIVILEGES = {(byte) 0x9E, (byte) 0xFE, (byte) 0x80};

    static StatusEntry domain(int cardState) {
        return entry(Aids.isd(), cardState, List.of(new Tlv(PRIVILEGES, ISSUER_PRIVILEGES)));
    }

    static StatusEntry of(InstanceEntry instance) {
        return entry(
                instance.aid(),
                instance.lifeCycle(),
                List.of(
                        new Tlv(PRIVILEGES, instance.privileges()),
                        new Tlv(LOAD_FILE, instance.loadFile().aid()),
                        new Tlv(DOMAIN, Aids.isd())));
    }

    static StatusEntry of(LoadFileEntry file, boolean withModules) {
        List<Tlv> more = new ArrayList<>();
        more.add(new Tlv(VERSION, new byte[] {(byte) (file.version() >> 8), (byte) file.version()}));
        for (int i = 0; withModules && i < file.moduleCount(); i++) {
            more.add(new Tlv(MODULE, file.module(i)));
        }
        more.add(new Tlv(DOMAIN, Aids.isd()));
        return entry(file.aid(), ContentState.LOADED, more);
    }

    private static StatusEntry entry(byte[] aid, int state, List<Tlv> more) {
        List<Tlv> objects = new ArrayList<>();
        objects.add(new Tlv(AID, aid));
        objects.add(new Tlv(LIFE_CYCLE, new byte[] {(byte) state}));
        objects.addAll(more);
        return new StatusEntry(aid, objects);
    }

    /** The entry as it is answered: those of its objects that the search wants. */
    byte[] bytes(StatusSearch search) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Tlv object : objects) {
            if (search.wants(object.tag())) {
                out.writeBytes(object.bytes());
            }
        }
        return new Tlv(TEMPLATE, out.toByteArray()).bytes();
    }
}
