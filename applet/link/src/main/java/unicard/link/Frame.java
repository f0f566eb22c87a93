package unicard.link;

/** One message on the loopback socket. */
record Frame(Kind kind, byte[] payload) {}
