"""All wrong cards of the tests."""

from collections.abc import Iterator

from tests.card_conformance.mutants import (
    covers,
    dialect,
    domain,
    issuer_keys,
    life_cycle,
    loading,
    objects,
    pin,
    proofs,
    purses,
    quotas,
    receipts,
    recovery,
    registry,
    requests,
    rights,
    role_slots,
    roles,
    selecting,
    services,
    sessions,
    single_keys,
    states,
    status,
    storing,
    trading,
    wires,
)
from tests.card_conformance.mutants.base import Mutant

_PARTS = (
    pin,
    objects,
    proofs,
    sessions,
    selecting,
    storing,
    states,
    issuer_keys,
    single_keys,
    registry,
    role_slots,
    roles,
    loading,
    domain,
    life_cycle,
    trading,
    requests,
    rights,
    purses,
    quotas,
    covers,
    receipts,
    recovery,
    services,
)


def behaviour_mutants() -> Iterator[Mutant]:
    """Yield the cards that do something wrong."""
    for part in _PARTS:
        for name, requirement, patch in part.MUTANTS:
            yield Mutant(name, requirement, patch=patch)
    for name, requirement, profile, patch in dialect.MUTANTS:
        yield Mutant(name, requirement, patch=patch, profile=profile)
    for name, requirement, wire in wires.MUTANTS:
        yield Mutant(name, requirement, wire=wire)


MUTANTS = (*status.status_mutants(), *behaviour_mutants())
