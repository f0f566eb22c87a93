package unicard.manager.content;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import unicard.manager.Answer;
import unicard.manager.Contract.CardState;
import unicard.manager.Contract.Limit;
import unicard.manager.Contract.Sw;
import unicard.manager.state.DomainState;
import unicard.manager.state.InstanceEntry;
import unicard.runtime.IssuerDomain.Found;
import unicard.runtime.StatusWordException;

/** SELECT by name: the domain, then applications in the order of AIDs (GlobalPlatform 2.3.1, 6.4.2). */
public final class Selection {
    private static final Set<Integer> P2 = Set.of(0x00, 0x02, 0x04, 0x06);
    private static final int NEXT = 0x02;
    private static final int FCI = 0x6F;
    private static final int AID = 0x84;
    private static final int PROPRIETARY = 0xA5;
    private static final int LONGEST_DATA = 0x9F65;

    private final Registry registry;
    private final DomainState state;

    public Selection(Registry registry, DomainState state) {
        this.registry = registry;
        this.state = state;
    }

    /**
     * What a name means. See {@link unicard.runtime.IssuerDomain#find}.
     *
     * @throws StatusWordException 6985 on a terminated card, 6A86, 6700; 6A82 where nothing fits, so
     *     that the selected applet is not asked: it may not know what to answer (SEL-02)
     */
    public Found find(int p2, byte[] name, byte[] selected) {
        if (state.lifeCycle() == CardState.TERMINATED) {
            throw Refused.conditions(); // LCK-03
        }
        if (!P2.contains(p2)) {
            throw Refused.wrongParameters();
        }
        if (name.length > Aids.LONGEST || (name.length > 0 && name.length < Aids.SHORTEST)) {
            throw new StatusWordException(Sw.WRONG_LENGTH);
        }
        return selectable().stream()
                .filter(each -> (p2 & NEXT) == 0 || isAfter(each.aid(), selected))
                .filter(each -> Aids.beginsWith(each.aid(), name))
                .findFirst()
                .orElseThrow(() -> new StatusWordException(Sw.APPLICATION_NOT_FOUND));
    }

    private List<Found> selectable() {
        List<Found> found = new ArrayList<>();
        found.add(new Found(Aids.isd(), null));
        if (state.lifeCycle() != CardState.CARD_LOCKED) { // LCK-01
            for (InstanceEntry each : registry.instances()) {
                if (each.selectable() && !each.locked()) { // INS-06, SST-04
                    found.add(new Found(each.aid(), each.applet()));
                }
            }
        }
        return found;
    }

    /** Whether a name comes after the selected one; the domain comes first. */
    private static boolean isAfter(byte[] aid, byte[] selected) {
        return !Aids.isIsd(aid)
                && (Aids.isIsd(selected) || Arrays.compareUnsigned(aid, selected) > 0);
    }

    /** The domain's answer to SELECT: AID and longest command data (ISD-01); 6283 on a locked card. */
    public Answer fci() {
        byte[] longest = new Tlv(LONGEST_DATA, new byte[] {(byte) Limit.COMMAND_DATA}).bytes();
        byte[] aid = new Tlv(AID, Aids.isd()).bytes();
        byte[] proprietary = new Tlv(PROPRIETARY, longest).bytes();
        byte[] inside = Arrays.copyOf(aid, aid.length + proprietary.length);
        System.arraycopy(proprietary, 0, inside, aid.length, proprietary.length);
        boolean locked = state.lifeCycle() == CardState.CARD_LOCKED;
        return new Answer(new Tlv(FCI, inside).bytes(), locked ? Sw.SELECTED_BUT_LOCKED : Sw.SUCCESS);
    }
}
