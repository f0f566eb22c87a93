package unicard.card;

/**
 * An application that a new card has already: as after INSTALL [for install and make selectable].
 *
 * @param loadFile AID of the load file, 5 to 16 bytes
 * @param module AID of the module
 * @param aid AID of the instance
 * @param parameters what stands under tag C9 of the install parameters
 */
public record Instance(byte[] loadFile, byte[] module, byte[] aid, byte[] parameters) {}
