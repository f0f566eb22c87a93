package probes.gate.bad;

/** A native method. */
final class NativeMethod {
    native short run();
}
