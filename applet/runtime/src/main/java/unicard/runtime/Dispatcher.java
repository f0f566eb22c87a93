package unicard.runtime;

import java.util.Arrays;
import java.util.function.Supplier;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacardx.apdu.ExtendedLength;

/**
 * Takes commands to what they mean: selection (JCRE 3.0.5, chapter 4), the issuer domain, or the
 * selected applet, which sees every other command of the basic channel.
 */
final class Dispatcher {
    private static final int SELECT = 0xA4;
    private static final int BY_NAME = 0x04;
    private static final int MANAGE_CHANNEL = 0x70;
    private static final int NO_SUCH_CHANNEL = ISO7816.SW_LOGICAL_CHANNEL_NOT_SUPPORTED;
    private static final int NO_CHAINING = ISO7816.SW_COMMAND_CHAINING_NOT_SUPPORTED;

    private final CardRuntime runtime;
    private final TransientHeap heap;
    private final AppletCalls calls;
    private final IssuerDomain domain;
    private final Application domainApplication;

    Dispatcher(CardRuntime runtime, TransientHeap heap, AppletCalls calls, IssuerDomain domain) {
        this.runtime = runtime;
        this.heap = heap;
        this.calls = calls;
        this.domain = domain;
        byte[] aid = domain.aid();
        domainApplication = Application.ofDomain(runtime.aidObject(aid), aid);
    }

    /** What is selected after a reset. */
    Application domainApplication() {
        return domainApplication;
    }

    /** Runs a command of any bytes; answers data and status word. */
    byte[] run(byte[] bytes) {
        tellDomain(domain::commandStarts);
        Application selected = runtime.selected();
        boolean toDomain = selected != null && selected.isTheDomain();
        CommandApdu command = CommandApdu.parse(bytes);
        if (command == null || command.extended() && !takesExtended(command, selected)) {
            return interrupt(ISO7816.SW_WRONG_LENGTH);
        }
        int refusal = ofClass(command.cla(), toDomain);
        if (refusal != AppletCalls.DONE) {
            return interrupt(refusal);
        }
        if (command.cla() == 0 && command.ins() == MANAGE_CHANNEL) {
            return interrupt(NO_SUCH_CHANNEL);
        }
        boolean select = command.cla() == 0 && command.ins() == SELECT && command.p1() == BY_NAME;
        return select && !command.extended() ? select(command) : forward(command, selected);
    }

    /** The status word that a class alone is refused with, else 9000. */
    private static int ofClass(int cla, boolean toDomain) {
        if (ClassByte.isInvalid(cla)) {
            return ISO7816.SW_CLA_NOT_SUPPORTED;
        }
        if (ClassByte.namesOtherChannel(cla)) {
            return NO_SUCH_CHANNEL;
        }
        if (!toDomain || ClassByte.isTheDomains(cla)) {
            return AppletCalls.DONE;
        }
        return ClassByte.chains(cla) ? NO_CHAINING : ISO7816.SW_CLA_NOT_SUPPORTED;
    }

    private static boolean takesExtended(CommandApdu command, Application selected) {
        return command.lc() <= ApduBuffer.LONGEST
                && selected != null && selected.applet() instanceof ExtendedLength;
    }

    private byte[] interrupt(int statusWord) {
        tellDomain(domain::interrupted);
        return word(statusWord);
    }

    private int tellDomain(AppletCalls.Call call) {
        return calls.run(domainApplication, null, call);
    }

    private byte[] select(CommandApdu command) {
        Application selected = runtime.selected();
        byte[] now = selected == null ? new byte[0] : selected.bytes().clone();
        IssuerDomain.Found[] result = {null};
        int refusal = askDomain(() -> result[0] = domain.find(command.p2(), command.data(), now));
        if (refusal != AppletCalls.DONE) {
            return interrupt(refusal);
        }
        IssuerDomain.Found found = result[0];
        if (found == null) {
            tellDomain(domain::interrupted);
            return selected == null ? word(ISO7816.SW_FILE_NOT_FOUND) : forward(command, selected);
        }
        deselect();
        if (found.applet() == null) {
            runtime.select(domainApplication);
            return answerOfDomain(domain::select);
        }
        return select(command, Application.of(runtime.aidObject(found.aid()), found.aid(), found.applet()));
    }

    private byte[] select(CommandApdu command, Application application) {
        boolean[] accepted = {false};
        runtime.select(application);
        int statusWord = calls.run(application, null, () -> accepted[0] = application.applet().select());
        if (statusWord != AppletCalls.DONE || !accepted[0]) {
            runtime.select(null);
            heap.deselected(application.packageName());
            return word(ISO7816.SW_APPLET_SELECT_FAILED);
        }
        return process(command, application, true);
    }

    /** Deselects what is selected, if anything is; whatever it throws, it is deselected. */
    void deselect() {
        Application selected = runtime.selected();
        if (selected != null && selected.applet() != null) {
            calls.run(selected, null, selected.applet()::deselect);
            heap.deselected(selected.packageName());
        }
        tellDomain(domain::deselect);
    }

    private byte[] forward(CommandApdu command, Application selected) {
        if (selected == null) {
            return interrupt(ISO7816.SW_APPLET_SELECT_FAILED);
        }
        return selected.isTheDomain()
                ? answerOfDomain(() -> domain.process(command.bytes()))
                : process(command, selected, false);
    }

    private byte[] answerOfDomain(Supplier<byte[]> question) {
        byte[][] answer = {null};
        int refusal = askDomain(() -> answer[0] = question.get());
        return refusal == AppletCalls.DONE ? answer[0] : word(refusal);
    }

    /** 9000, or what the domain refuses with. Anything else that it throws is a defect: 6F00. */
    private int askDomain(Runnable question) {
        int[] refusal = {AppletCalls.DONE};
        int statusWord = tellDomain(() -> {
            try {
                question.run();
            } catch (StatusWordException thrown) {
                refusal[0] = thrown.statusWord();
            }
        });
        return statusWord == AppletCalls.DONE ? refusal[0] : statusWord;
    }

    private byte[] process(CommandApdu command, Application application, boolean selects) {
        Applet applet = application.applet();
        APDU apdu = runtime.open(command, applet, selects);
        int statusWord;
        try {
            statusWord = calls.run(application, null, () -> applet.process(apdu));
        } finally {
            runtime.close();
        }
        return carriesData(statusWord) ? answer(runtime.answer(), statusWord) : word(statusWord);
    }

    /** Warnings and successes carry data, errors none (ISO/IEC 7816-3:2006, 12.1.1 and 12.2.1). */
    private static boolean carriesData(int statusWord) {
        int first = statusWord >> 8;
        return first >= 0x61 && first <= 0x63 || first >= 0x90 && first <= 0x9F;
    }

    private static byte[] word(int statusWord) {
        return new byte[] {(byte) (statusWord >> 8), (byte) statusWord};
    }

    private static byte[] answer(byte[] data, int statusWord) {
        byte[] whole = Arrays.copyOf(data, data.length + 2);
        whole[data.length] = (byte) (statusWord >> 8);
        whole[data.length + 1] = (byte) statusWord;
        return whole;
    }
}
