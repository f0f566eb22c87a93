package unicard.runtime;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javacard.framework.Applet;
import unicard.card.AppletModule;
import unicard.card.CardOptions;

/** An issuer domain that notes what the runtime environment tells it; loaded once a card. */
public final class SpyDomain implements IssuerDomain {
    /** What SELECT by this name is refused with, and what makes this domain fail. */
    static final String REFUSED = "FE";
    static final String FATAL = "FD";

    private final AppletHost host;
    private final StringBuilder notes = new StringBuilder();
    private Applet applet;

    public SpyDomain(AppletHost host, CardOptions options) {
        this.host = host;
    }

    @Override
    public void manufacture() {
        byte[] aid = Terminal.bytes(Terminal.FIRST);
        byte[] data = Terminal.bytes("05" + Terminal.FIRST + "0000");
        applet = host.install(new AppletModule(aid, "probes.environment.Echo"), aid, data);
        host.atomically(() -> true);
        notes.append('m');
    }

    @Override
    public void restart() {
        notes.append('r');
    }

    @Override
    public byte[] aid() {
        return Terminal.bytes("A000000151000000");
    }

    @Override
    public Found find(int p2, byte[] name, byte[] selected) {
        String hex = Terminal.hex(name);
        if (hex.equals(REFUSED)) {
            throw new StatusWordException(0x6985);
        }
        if (hex.equals(FATAL)) {
            throw new IllegalStateException("a defect");
        }
        if (hex.equals(Terminal.FIRST)) {
            return new Found(name, applet);
        }
        return name.length == 0 ? new Found(aid(), null) : null;
    }

    @Override
    public byte[] select() {
        notes.append('s');
        return new byte[] {(byte) 0x90, 0};
    }

    @Override
    public void deselect() {
        notes.append('d');
    }

    @Override
    public void commandStarts() {
        // said of every command: nothing to note
    }

    @Override
    public void interrupted() {
        notes.append('i');
    }

    @Override
    public byte[] process(byte[] command) {
        switch (command[1]) {
            case 0x00:
                byte[] answer = notes.toString().getBytes(StandardCharsets.US_ASCII);
                notes.setLength(0);
                answer = Arrays.copyOf(answer, answer.length + 2);
                answer[answer.length - 2] = (byte) 0x90;
                return answer;
            case 0x01:
                throw new StatusWordException(0x6A80);
            case 0x02:
                throw new IllegalStateException("a defect");
            default:
                notes.append('p');
                return new byte[] {0x6D, 0};
        }
    }
}
