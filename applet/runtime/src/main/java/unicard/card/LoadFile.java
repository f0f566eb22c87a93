package unicard.card;

import java.util.List;

/**
 * An executable load file whose classes this JVM has.
 *
 * @param aid 5 to 16 bytes
 * @param version major and minor, 2 bytes in one number
 * @param modules its applets
 * @param onCard whether a new card has it already; else it must be loaded by INSTALL and LOAD first
 */
public record LoadFile(byte[] aid, int version, List<AppletModule> modules, boolean onCard) {
    public LoadFile {
        aid = aid.clone();
        modules = List.copyOf(modules);
    }
}
