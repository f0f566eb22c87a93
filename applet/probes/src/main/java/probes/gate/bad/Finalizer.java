package probes.gate.bad;

/** finalize. */
@SuppressWarnings({"deprecation", "removal"})
final class Finalizer {
    @Override
    protected void finalize() {}
}
