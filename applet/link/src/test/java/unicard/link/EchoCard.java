package unicard.link;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import unicard.card.CardCore;
import unicard.card.CardHungException;
import unicard.card.Measures;
import unicard.card.PowerCutException;
import unicard.card.Wiring;

/** Answers a command with itself and 9000, or fails as its instruction byte says. */
final class EchoCard implements CardCore {
    static final byte HANG = (byte) 0xE1;
    static final byte LOSE_POWER = (byte) 0xE2;
    static final byte BREAK = (byte) 0xE3;

    static final byte[] ATR = {0x3B, (byte) 0x80, 0x01, (byte) 0x81};

    /** What was asked of it, but for commands. */
    final List<String> asked = new ArrayList<>();

    private boolean powered;

    @Override
    public byte[] reset() {
        asked.add("reset");
        powered = true;
        return ATR.clone();
    }

    @Override
    public void powerOff() {
        asked.add("off");
        powered = false;
    }

    @Override
    public boolean powered() {
        return powered;
    }

    @Override
    public byte[] transmit(byte[] command) {
        if (!powered) {
            throw new PowerCutException("no power");
        }
        switch (command.length > 1 ? command[1] : 0) {
            case HANG -> throw new CardHungException("no end");
            case LOSE_POWER -> {
                powered = false;
                throw new PowerCutException("cut");
            }
            case BREAK -> throw new ArrayStoreException("broken");
            default -> {
                byte[] answer = Arrays.copyOf(command, command.length + 2);
                answer[command.length] = (byte) 0x90;
                return answer;
            }
        }
    }

    @Override
    public void cutPowerAt(long n) {
        asked.add("cut " + n);
    }

    @Override
    public void keepPower() {
        asked.add("keep");
    }

    @Override
    public Measures measures() {
        return new Measures(1, 2, 3, 4, 5, 6, 7);
    }

    @Override
    public Throwable lastThrown() {
        return powered ? new ArithmeticException("by zero") : null;
    }

    @Override
    public void wire(Wiring wiring) {
        asked.add("wire " + wiring);
    }

    @Override
    public void checkpoint() {
        asked.add("checkpoint");
        if (!powered) {
            throw new IllegalStateException("a transaction is unfinished");
        }
    }

    @Override
    public void restore() {
        asked.add("restore");
    }
}
