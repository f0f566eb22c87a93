package unicard.card;

/** Two cells and a journal, written as plainly as can be: what {@link Tears} itself is tested on. */
final class FakeCard implements CardCore {
    /** How careful the card is. */
    enum Care {
        /** Two plain writes. */
        NONE,
        /** A journal that is used and then cleared. */
        JOURNAL,
        /** A journal that is cleared before it has been used up. */
        CLEARED_EARLY
    }

    private static final int DIRTY = 2;
    private final Care care;
    private final byte[] cells = new byte[5];
    private byte[] kept;
    private long cut;
    private long writes;
    private boolean powered = true;
    int resets;

    FakeCard(Care care) {
        this.care = care;
    }

    /** The two cells. */
    String look() {
        return cells[0] + "," + cells[1];
    }

    private void write(int cell, int value) {
        if (!powered || cut > 0 && --cut == 0) {
            powered = false;
            throw new PowerCutException("cut");
        }
        cells[cell] = (byte) value;
        writes++;
    }

    /** Sets both cells to the value of the first byte. */
    @Override
    public byte[] transmit(byte[] command) {
        if (care != Care.NONE) {
            write(3, cells[0]);
            write(4, cells[1]);
            write(DIRTY, 1);
        }
        write(0, command[0]);
        write(1, command[0]);
        if (care != Care.NONE) {
            write(DIRTY, 0);
        }
        return new byte[0];
    }

    @Override
    public byte[] reset() {
        powered = true;
        resets++;
        if (cells[DIRTY] == 1) {
            if (care == Care.CLEARED_EARLY) {
                write(DIRTY, 0);
            }
            write(0, cells[3]);
            write(1, cells[4]);
            write(DIRTY, 0);
        }
        return new byte[0];
    }

    @Override
    public void powerOff() {
        powered = false;
    }

    @Override
    public boolean powered() {
        return powered;
    }

    @Override
    public void cutPowerAt(long n) {
        cut = n;
    }

    @Override
    public void keepPower() {
        cut = 0;
    }

    @Override
    public Measures measures() {
        return new Measures(0, 0, 0, writes, 0, 0, 0);
    }

    @Override
    public void wire(Wiring wiring) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void checkpoint() {
        kept = cells.clone();
    }

    @Override
    public void restore() {
        System.arraycopy(kept, 0, cells, 0, cells.length);
        powered = false;
    }
}
