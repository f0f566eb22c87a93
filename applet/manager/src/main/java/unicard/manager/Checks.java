package unicard.manager;

import java.util.List;
import unicard.manager.Contract.CardState;
import unicard.manager.Contract.Instruction;
import unicard.manager.Contract.Sw;
import unicard.manager.Contract.Variant;
import unicard.runtime.StatusWordException;

/** What is looked at before the data, in the contract's order: class, state, session, P1 P2, Lc. */
final class Checks {
    private Checks() {}

    /** @throws StatusWordException the refusal */
    static void check(Instruction instruction, Command command, CardState state, Sessions sessions) {
        boolean inSession = sessions.open() != null;
        int cla = inSession ? instruction.cla & ~ApduBytes.SECURE : instruction.cla;
        require(command.cla() == cla || command.cla() == instruction.otherCla, Sw.CLASS_NOT_SUPPORTED);
        require(instruction.states.contains(state), Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        switch (instruction.session) {
            case PENDING -> handshake(command, sessions);
            case ISSUER, ROLE -> require(inSession, Sw.SECURITY_STATUS_NOT_SATISFIED);
            default -> { }
        }
        parameters(instruction, command);
    }

    /** EXTERNAL AUTHENTICATE: after INITIALIZE UPDATE only, and at a level that the card has (SCP-07). */
    static void handshake(Command command, Sessions sessions) {
        require(sessions.inHandshake(), Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
        require(sessions.dialect().offers(command.p1()), Sw.INCORRECT_P1_P2);
    }

    /** Looks at P1, P2 and Lc. */
    static void parameters(Instruction instruction, Command command) {
        List<Variant> forms =
                instruction.variants.stream().filter(form -> form.takes(command.p1(), command.p2())).toList();
        require(!forms.isEmpty(), Sw.INCORRECT_P1_P2);
        int length = command.data().length;
        require(forms.stream().anyMatch(form -> form.takes(length)), Sw.WRONG_LENGTH);
    }

    /** @throws StatusWordException with this status word where something does not hold */
    static void require(boolean holds, int sw) {
        if (!holds) {
            throw new StatusWordException(sw);
        }
    }
}
