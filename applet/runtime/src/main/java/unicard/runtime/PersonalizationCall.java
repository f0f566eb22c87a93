package unicard.runtime;

import java.util.Arrays;
import java.util.Objects;
import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import org.globalplatform.Personalization;

/**
 * A command that the issuer domain hands an application for its personalization (GlobalPlatform Card
 * 2.3.1, 7.3.3): the application's context is current and called by the domain, the APDU buffer holds
 * the command, and what is selected stays selected.
 */
final class PersonalizationCall {
    private final CardRuntime runtime;
    private final AppletCalls calls;
    private byte[] answer = {};

    PersonalizationCall(CardRuntime runtime, AppletCalls calls) {
        this.runtime = runtime;
        this.calls = calls;
    }

    /** See {@link AppletHost#personalize}. */
    byte[] run(byte[] aid, Applet applet, byte[] command) {
        boolean older = applet instanceof org.globalplatform.Application;
        if (!older && !(applet instanceof Personalization)) {
            throw new StatusWordException(ISO7816.SW_CONDITIONS_NOT_SATISFIED & 0xFFFF);
        }
        Application application = Application.of(runtime.aidObject(aid), aid, applet);
        AID domain = runtime.getAID();
        int statusWord;
        try {
            statusWord = calls.run(application, domain, () -> call(applet, command));
        } finally {
            runtime.close();
        }
        if (statusWord != AppletCalls.DONE) {
            throw new StatusWordException(statusWord);
        }
        return answer;
    }

    private void call(Applet applet, byte[] command) {
        CommandApdu form = CommandApdu.parse(command);
        APDU apdu = runtime.open(form, applet, false);
        if (form.lc() > 0) {
            apdu.setIncomingAndReceive();
        }
        byte[] buffer = apdu.getBuffer();
        short length = (short) command.length;
        if (applet instanceof Personalization newer) {
            short answered = newer.processData(buffer, (short) 0, length, buffer, (short) 0);
            answer = Arrays.copyOfRange(buffer, 0, Objects.checkIndex(answered, buffer.length));
        } else {
            ((org.globalplatform.Application) applet).processData(buffer, (short) 0, length);
        }
    }
}
