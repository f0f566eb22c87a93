"""Is this card genuine? A fresh challenge, signed by the key that the card's certificate names."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from applet_spec import Changed, ExitCode, UnicardError, spec
from host_lib.command import InternalAuthenticate, Proof
from host_lib.flow.base import Flow

CHALLENGE_LENGTH = 16


class NotGenuine(UnicardError):
    """The card's proof does not verify under the public key that it should have."""

    exit_code = ExitCode.REFUSED
    changed = Changed.NO
    advice = "Keep the card and report it: it may be an imitation."


def prove_card(
    challenge: bytes, public_key: bytes, *, service: int = 0, presence: bool = False
) -> Flow[Proof]:
    """Ask the card for a proof and check it; return what it says. Raises `NotGenuine`.

    ``challenge`` are 16 fresh random bytes, ``public_key`` the point of 65 bytes out of the card's
    checked certificate. With ``presence`` the proof also says who was verified.
    """
    proof = yield from InternalAuthenticate(challenge, service, presence)
    check_proof(proof, challenge, public_key, service=service, presence=presence)
    return proof


def check_proof(
    proof: Proof, challenge: bytes, public_key: bytes, *, service: int = 0, presence: bool = False
) -> None:
    """Verify a proof against challenge and public key. Raises `NotGenuine`."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    message = proof_message(proof, challenge, service=service, presence=presence)
    try:
        key.verify(proof.signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise NotGenuine("the card's signature does not fit its certificate") from error


def proof_message(
    proof: Proof, challenge: bytes, *, service: int = 0, presence: bool = False
) -> bytes:
    """Return what the card signs (``applet_spec/data/card.json``, authentication)."""
    return b"".join(
        (
            spec().domain_tag,
            bytes((presence,)),
            challenge,
            bytes((service, proof.verified)),
            proof.card_serial,
            proof.transaction_number.to_bytes(3, "big"),
            proof.receipt_mac,
        )
    )
