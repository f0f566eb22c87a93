package unicard.manager.content;

import unicard.runtime.StatusWordException;

/**
 * The data of INSTALL [for load] (GlobalPlatform Card 2.3.1, 11.5.2.3.1).
 *
 * @param aid of the load file
 * @param domain AID of the security domain; empty: the issuer's
 * @param hash SHA-1 or SHA-256 over the load file; empty: none
 */
record LoadRequest(byte[] aid, byte[] domain, byte[] hash) {
    private static final int SHA_1 = 20;
    private static final int SHA_256 = 32;

    /** @throws StatusWordException 6A80 (INS-09) */
    static LoadRequest read(byte[] data) {
        Reader reader = new Reader(data);
        byte[] aid = reader.aid();
        byte[] domain = reader.field();
        byte[] hash = reader.field();
        InstallFields.parameters(reader.field());
        InstallFields.nothing(reader);
        reader.end();
        if (hash.length != 0 && hash.length != SHA_1 && hash.length != SHA_256) {
            throw Refused.malformed();
        }
        return new LoadRequest(aid, domain, hash);
    }

    String hashAlgorithm() {
        return hash.length == SHA_1 ? "SHA-1" : "SHA-256";
    }
}
