package unicard.manager.content;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import unicard.manager.Answer;
import unicard.manager.Command;
import unicard.manager.Contract.Limit;
import unicard.manager.Contract.Sw;
import unicard.manager.state.DomainState;

/** GET STATUS: lists, over several commands where they are long (GlobalPlatform Card 2.3.1, 11.4). */
public final class StatusLists {
    private static final int DOMAIN = 0x80;
    private static final int APPLICATIONS = 0x40;
    private static final int LOAD_FILES_AND_MODULES = 0x10;
    private static final int NEXT = 0x03;

    private final Registry registry;
    private final DomainState state;
    private int part;
    private byte[] search;
    private List<byte[]> rest = List.of();

    public StatusLists(Registry registry, DomainState state) {
        this.registry = registry;
        this.state = state;
    }

    /** Forgets a list that could be gone on with. */
    public void forget() {
        rest = List.of();
        search = null;
    }

    /** GET STATUS; 6310 where the list goes on. */
    public Answer status(Command command) {
        boolean goesOn =
                !rest.isEmpty() && part == command.p1() && Arrays.equals(search, command.data());
        List<byte[]> old = rest;
        forget();
        StatusSearch wanted = StatusSearch.read(command.data());
        if (command.p2() == NEXT && !goesOn) {
            throw Refused.conditions(); // GST-05
        }
        rest = command.p2() == NEXT ? old : entries(command.p1(), wanted);
        if (rest.isEmpty()) {
            throw Refused.notThere(); // GST-04
        }
        part = command.p1();
        search = command.data();
        return next();
    }

    private Answer next() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int taken = 0;
        while (taken < rest.size() && out.size() + rest.get(taken).length <= Limit.SECURED_DATA) {
            out.writeBytes(rest.get(taken++));
        }
        rest = rest.subList(taken, rest.size());
        return new Answer(out.toByteArray(), rest.isEmpty() ? Sw.SUCCESS : Sw.MORE_DATA_AVAILABLE);
    }

    private List<byte[]> entries(int of, StatusSearch wanted) {
        Stream<StatusEntry> all =
                switch (of) {
                    case DOMAIN -> Stream.of(StatusEntry.domain(state.lifeCycle().code));
                    case APPLICATIONS -> registry.instances().stream().map(StatusEntry::of);
                    default ->
                            registry.loadFiles().stream()
                                    .map(file -> StatusEntry.of(file, of == LOAD_FILES_AND_MODULES));
                };
        return all.filter(each -> wanted.fits(each.aid())).map(each -> each.bytes(wanted)).toList();
    }
}
