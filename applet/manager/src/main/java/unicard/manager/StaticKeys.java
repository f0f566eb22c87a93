package unicard.manager;

/**
 * The keys that open a session, as they were then.
 *
 * @param version of their set
 * @param enc Key-ENC, 16, 24 or 32 bytes
 * @param mac Key-MAC, as long
 * @param dek Key-DEK, as long
 */
record StaticKeys(int version, byte[] enc, byte[] mac, byte[] dek) {
    @Override
    public String toString() {
        return String.format("key set %02X", version);
    }
}
