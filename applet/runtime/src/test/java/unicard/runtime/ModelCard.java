package unicard.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import probes.memory.Scripts;

/** What a card must hold after a program of {@link Scripts} that is cut somewhere, said plainly. */
final class ModelCard {
    private static final class Cut extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private record Old(int place, int value) {}

    /** Cells 0 to 7 and, in place 8, the field. */
    final int[] places = new int[9];

    private final int capacity;
    private final List<Old> log = new ArrayList<>();
    private boolean open;
    private int charged;
    private int entries;
    private long left;

    ModelCard(int capacity) {
        this.capacity = capacity;
    }

    /**
     * Runs a program, loses power instead of the n-th write, and recovers.
     *
     * @return whether the power was lost
     */
    boolean run(byte[] program, long n) {
        left = n;
        boolean cut = false;
        try {
            for (int step = 0; step < program.length; step += 4) {
                runStep(program, step, program[step + 1], program[step + 2], program[step + 3]);
            }
        } catch (Cut lost) {
            cut = true;
        }
        putBack();
        return cut;
    }

    private void runStep(byte[] program, int step, int place, int length, int value) {
        switch (program[step]) {
            case Scripts.STORE -> conditional(place, 1, new int[] {value}, false);
            case Scripts.COPY -> conditional(place, length, part(program, step, length), true);
            case Scripts.COPY_NON_ATOMIC -> unconditional(place, part(program, step, length));
            case Scripts.FILL -> conditional(place, length, repeated(value, length), true);
            case Scripts.FILL_NON_ATOMIC -> unconditional(place, repeated(value, length));
            case Scripts.SET_SHORT -> {
                if (open) {
                    conditional(place, 2, new int[] {length, value}, true);
                } else {
                    unconditional(place, new int[] {length, value});
                }
            }
            case Scripts.BEGIN -> open = true;
            case Scripts.COMMIT -> {
                if (open) {
                    spend();
                    end();
                }
            }
            case Scripts.ABORT -> {
                if (open) {
                    // Each entry put back is a write, and so is the end; a cut changes nothing in the result.
                    for (int i = 0; i <= entries; i++) {
                        spend();
                    }
                    putBack();
                }
            }
            default -> conditional(8, 1, new int[] {value}, false);
        }
    }

    private void conditional(int place, int length, int[] values, boolean alsoOutside) {
        int bytes = place == 8 ? 2 : length;
        if (length == 0) {
            return;
        }
        if ((open || alsoOutside) && charged + bytes + 6 > capacity) {
            return;
        }
        if (open) {
            charged += bytes + 6;
            for (int i = 0; i < length; i++) {
                log.add(new Old(place + i, places[place + i]));
            }
            entries++;
        }
        spend();
        System.arraycopy(values, 0, places, place, length);
    }

    private void unconditional(int place, int[] values) {
        for (int i = 0; i < values.length; i++) {
            spend();
            places[place + i] = values[i];
        }
    }

    private void spend() {
        if (--left == 0) {
            throw new Cut();
        }
    }

    private void putBack() {
        for (int i = log.size() - 1; i >= 0; i--) {
            places[log.get(i).place] = log.get(i).value;
        }
        end();
    }

    private void end() {
        log.clear();
        entries = 0;
        open = false;
        charged = 0;
    }

    private static int[] part(byte[] program, int from, int length) {
        int[] part = new int[length];
        for (int i = 0; i < length; i++) {
            part[i] = program[from + i];
        }
        return part;
    }

    private static int[] repeated(int value, int length) {
        int[] filled = new int[length];
        Arrays.fill(filled, value);
        return filled;
    }
}
