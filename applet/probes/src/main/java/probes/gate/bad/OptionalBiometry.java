package probes.gate.bad;

import javacardx.biometry.OwnerBioTemplate;

/** Uses the optional package for biometry. */
final class OptionalBiometry {
    final OwnerBioTemplate template = null;
}
