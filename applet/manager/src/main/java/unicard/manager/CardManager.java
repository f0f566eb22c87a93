package unicard.manager;

import java.util.HexFormat;
import unicard.card.CardOptions;
import unicard.manager.state.DomainState;
import unicard.runtime.AppletHost;
import unicard.runtime.IssuerDomain;

/** The issuer security domain. */
public final class CardManager implements IssuerDomain {
    private final DomainState state = new DomainState();
    private final CommandTable table = new CommandTable();
    private final Content content;

    /** @throws IllegalArgumentException where {@link CardOptions#domainSettings} do not fit */
    public CardManager(AppletHost host, CardOptions options) {
        content = new Content(host, options, state, table);
    }

    @Override
    public void manufacture() {
        content.manufacture();
    }

    @Override
    public void restart() {
        content.restart();
    }

    @Override
    public byte[] aid() {
        return HexFormat.of().parseHex(Contract.Aid.ISD);
    }

    @Override
    public Found find(int p2, byte[] name, byte[] selected) {
        return content.find(p2, name, selected);
    }

    @Override
    public byte[] select() {
        return content.select().bytes();
    }

    @Override
    public void deselect() {
        content.endSequences(null);
    }

    @Override
    public void interrupted() {
        content.endSequences(null);
    }

    @Override
    public byte[] process(byte[] command) {
        return Answer.word(Contract.Sw.INSTRUCTION_NOT_SUPPORTED).bytes();
    }
}
