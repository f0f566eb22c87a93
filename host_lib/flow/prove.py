"""Is the card of this session genuine, and is its holder here? The chain up to the issuer, checked.

A stolen role master lets an imitation open a session. What it cannot do is sign with the key of a
card certificate. So a terminal may ask for a proof after a transaction and before it gives goods:
the card signs its serial, its transaction number and its newest receipt MAC, and these are compared
with the session's.
"""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from applet_spec import Changed, ExitCode, UnicardError, spec
from host_lib.command import Proof
from host_lib.errors import CertificateNotGenuine
from host_lib.flow.base import Flow
from host_lib.flow.genuine import CHALLENGE_LENGTH, NotGenuine, prove_card
from host_lib.flow.objects import read_object
from host_lib.transaction import Debit, Receipt, service_id

if TYPE_CHECKING:
    from host_lib.certificates import CardCertificate


def _now() -> datetime:
    return datetime.now(UTC)


class ProvePolicy(Protocol):
    """Says after which transactions a card is to prove that it is genuine."""

    def asks(self, receipt: Receipt) -> bool:
        """Say whether this transaction is one of them."""


@dataclass(frozen=True, slots=True)
class Never:
    """No proof: clearing finds an imitation later, because its receipt fails."""

    def asks(self, _receipt: Receipt) -> bool:
        """Say no."""
        return False


@dataclass(frozen=True, slots=True)
class OneIn:
    """A proof after one of ``n`` transactions, at random; after each with 1."""

    n: int

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError("one in 1 or more")

    def asks(self, _receipt: Receipt) -> bool:
        """Draw."""
        return not secrets.randbelow(self.n)


@dataclass(frozen=True, slots=True)
class Above:
    """A proof after each debit of more than ``amount`` from a service."""

    service: str | int
    amount: int

    def asks(self, receipt: Receipt) -> bool:
        """Look at the receipt's debits."""
        wanted = service_id(self.service)
        return any(
            isinstance(one, Debit) and one.service == wanted and one.amount > self.amount
            for one in receipt.operations
        )


@dataclass(frozen=True, slots=True)
class Prover:
    """With which issuer certificates (DER) cards are checked, and when without being asked."""

    issuers: tuple[bytes, ...]
    policy: ProvePolicy
    clock: Callable[[], datetime] = _now


class NotProven(UnicardError):
    """The card did a transaction and then did not prove that it is genuine.

    ``receipt`` is that of the transaction; the reason is the error's ``__cause__``. A genuine card
    has done it, of an imitation nobody knows anything.
    """

    changed = Changed.YES
    exit_code = ExitCode.UNCERTAIN
    advice = (
        "Give nothing out for it; send the receipt in, and report the card. A card that was taken "
        "away too early is asked again by a new transaction only."
    )

    def __init__(self, receipt: Receipt, reason: UnicardError) -> None:
        super().__init__(
            f"transaction {receipt.number} was done, and the card did not prove that it is "
            f"genuine: {reason.message}"
        )
        self.receipt = receipt

    def as_dict(self) -> dict[str, object]:
        """Return the error as JSON-ready values, with the receipt's 89 bytes."""
        return super().as_dict() | {"receipt": self.receipt.encode().hex()}


def prove_session(
    card_serial: bytes,
    issuers: Collection[bytes],
    *,
    at: datetime | None = None,
    newest: Receipt | None = None,
    presence: bool = False,
    service: str | int | None = None,
) -> Flow[Proof]:
    """Let the card of an open session prove itself; runs inside the session.

    Reads the card's certificate, checks it against one of the issuers' (DER) at a time with a zone
    (None: now), has a fresh challenge signed, and compares what is signed with the session's card
    serial and, where ``newest`` is given, with number and MAC of that receipt. With ``presence`` it
    is the holder's presence proof, which uses the verified flags up; ``service`` is for what.

    Raises `NotGenuine` and the errors of `verify_card_certificate`.
    """
    der = yield from read_object(spec().object_named("card certificate").tag)
    certificate = _accepted(issuers, der, at or _now())
    if certificate.card_serial != card_serial:
        raise NotGenuine("the certificate is that of another card")
    proof = yield from prove_card(
        secrets.token_bytes(CHALLENGE_LENGTH),
        certificate.public_key,
        service=0 if service is None else service_id(service),
        presence=presence,
    )
    if proof.card_serial != card_serial:
        raise NotGenuine("another card signed")
    if newest is not None and (proof.transaction_number, proof.receipt_mac) != (
        newest.number,
        newest.mac,
    ):
        raise NotGenuine(
            f"the card that signed has done transaction {proof.transaction_number}, which is not "
            "the one of this session"
        )
    return proof


def _accepted(issuers: Collection[bytes], der: bytes, at: datetime) -> "CardCertificate":
    # The X.509 library takes long to load, and most sessions never need it.
    from host_lib.certificates import verify_card_certificate

    refused = CertificateNotGenuine("there is no issuer certificate to check the card's against")
    for issuer in issuers:
        try:
            return verify_card_certificate(issuer, der, at)
        except CertificateNotGenuine as error:
            refused = error
    raise refused
