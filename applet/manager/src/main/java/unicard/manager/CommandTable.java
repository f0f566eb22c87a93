package unicard.manager;

import java.util.EnumMap;
import java.util.Map;
import unicard.manager.Contract.Instruction;
import unicard.runtime.StatusWordException;

/** Which handler carries out which command. */
final class CommandTable {
    private final Map<Instruction, Handler> handlers = new EnumMap<>(Instruction.class);

    void add(Instruction instruction, Handler handler) {
        if (handlers.put(instruction, handler) != null) {
            throw new IllegalStateException(instruction + " has a handler already");
        }
    }

    /**
     * The command that an instruction means, by the data where there are two.
     *
     * @throws StatusWordException 6D00 where there is none
     */
    static Instruction find(Command command) {
        Instruction first = null;
        for (Instruction each : Instruction.values()) {
            if (each.ins != command.ins()) {
                continue;
            }
            if (command.data().length > 0 && each.beginsWith.contains(command.data()[0] & 0xFF)) {
                return each;
            }
            first = first == null ? each : first;
        }
        if (first == null) {
            throw new StatusWordException(Contract.Sw.INSTRUCTION_NOT_SUPPORTED);
        }
        return first;
    }

    Answer handle(Instruction instruction, Command command) {
        Handler handler = handlers.get(instruction);
        if (handler == null) {
            throw new StatusWordException(Contract.Sw.INSTRUCTION_NOT_SUPPORTED);
        }
        return handler.handle(command);
    }
}
