package unicard.manager;

/**
 * Carries out one command that has passed all checks before its data: class, lengths, secure
 * messaging, instruction, state, session, P1 P2, Lc.
 */
@FunctionalInterface
public interface Handler {
    /**
     * Answers the command.
     *
     * @throws unicard.runtime.StatusWordException where it is refused; then it has changed nothing
     */
    Answer handle(Command command);
}
