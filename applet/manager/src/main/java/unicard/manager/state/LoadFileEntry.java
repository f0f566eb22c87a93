package unicard.manager.state;

/** A load file in the registry. It never changes; the card keeps no code of it. */
public final class LoadFileEntry {
    private final byte[] aid;
    private final byte[][] modules;
    private final short version;
    private final int size;

    LoadFileEntry(byte[] aid, int version, byte[][] modules, int size) {
        this.aid = Bytes.copy(aid);
        this.version = (short) version;
        this.modules = new byte[modules.length][];
        for (int i = 0; i < modules.length; i++) {
            this.modules[i] = Bytes.copy(modules[i]);
        }
        this.size = size;
    }

    public byte[] aid() {
        return aid;
    }

    /** Major and minor, 2 bytes in one number. */
    public int version() {
        return version & 0xFFFF;
    }

    public int moduleCount() {
        return modules.length;
    }

    /** AID of a module, from 0, in the load file's order. */
    public byte[] module(int index) {
        return modules[index];
    }

    /** Bytes that its components had; 0 for one that the card came with. */
    public int size() {
        return size;
    }
}
