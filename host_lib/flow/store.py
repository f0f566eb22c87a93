"""STORE DATA: DGIs packed into as few blocks as their length needs (EMV CPS 1.1, section 2.2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from applet_spec import spec
from host_lib.command import StoreData
from host_lib.flow.base import Flow
from host_lib.primitives import AesContext, pad80
from host_lib.secret import AesKey, SecretBytes

_LONG_LENGTH = 0xFF


@dataclass(frozen=True, slots=True)
class DgiValue:
    """One data grouping: its identifier and its content, encrypted already where it is secret."""

    tag: int
    content: bytes

    def encode(self) -> bytes:
        """Return identifier, length (1 byte, or FF and 2 bytes) and content."""
        size = len(self.content)
        length = (
            bytes((size,))
            if size < _LONG_LENGTH
            else bytes((_LONG_LENGTH,)) + size.to_bytes(2, "big")
        )
        return self.tag.to_bytes(2, "big") + length + self.content


def secret_dgi(tag: int, secret: SecretBytes, dek: AesKey) -> DgiValue:
    """Return the DGI of a secret: secret and check value, padded, encrypted under the DEK.

    The check value is the start of SHA-256 over DGI identifier and secret
    (``applet_spec/data/card.json``, secret_check).
    """
    plain = secret.reveal()
    check = sha256(tag.to_bytes(2, "big") + plain).digest()[: spec().secret_check_length]
    return DgiValue(tag, AesContext(dek.reveal()).cbc_encrypt(bytes(16), pad80(plain + check)))


def payload(values: Iterable[DgiValue]) -> bytes:
    """Return the stream that the blocks of STORE DATA carry."""
    return b"".join(value.encode() for value in values)


def store_data(values: Iterable[DgiValue], room: int | None = None) -> Flow[None]:
    """Store DGIs in one stream, the last block marked; each block as full as a session allows.

    ``room`` are the bytes of plain data that a command of the session carries (`max_data` of its
    channel), None for those of the contract's session. The application's own limit goes on top of
    it: it takes short commands only. A lost block or a refusal ends the stream: nothing is sent
    again here, and the card takes a new stream from block 00.
    """
    for command in blocks(payload(values), block_size(room)):
        yield from command


def block_size(room: int | None = None) -> int:
    """Return how many bytes of the stream one block takes; ``room`` as in `store_data`."""
    most = spec().limits["secured_data"]
    return most if room is None else min(most, room)


def blocks(stream: bytes, size: int) -> Iterator[StoreData]:
    """Cut a stream into STORE DATA commands of at most ``size`` bytes of data."""
    starts = range(0, len(stream), size)
    for number, start in enumerate(starts):
        yield StoreData(number, stream[start : start + size], last=start + size >= len(stream))
