"""STORE DATA: checks the DGIs of a command, stores them in one commit, ends personalization.

Everything is checked before anything is written. The caller forgets the stream of a refused block,
so that the host starts again at block 00.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from hmac import compare_digest

from applet_spec import Dgi
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import state as cell
from card_simulator.application.dgi_stream import Grouping, Stream
from card_simulator.application.formats import can_hold, is_pin_block
from card_simulator.application.objects import Objects
from card_simulator.application.secrets import Secrets
from card_simulator.application.services import Services
from card_simulator.application.state import State
from host_lib.primitives import unpad80

_LAST_BLOCK = 0x80
_FINGER_EXEMPT = "finger-exempt"


@dataclass
class _Batch:
    """What one command will store: new values of objects, and secrets, both by their tags."""

    values: dict[int, bytes] = field(default_factory=dict)
    secrets: dict[int, bytes] = field(default_factory=dict)


class Personalization:
    """The stream of DGIs and what becomes of it."""

    def __init__(
        self, state: State, objects: Objects, services: Services, secrets: Secrets
    ) -> None:
        spec = state.spec
        self._state = state
        self._objects = objects
        self._services = services
        self._secrets = secrets
        self._dgis = {tag: dgi for tag, dgi in spec.dgis.items() if not dgi.draft}
        self._anchor = spec.dgi_named("anchor")
        self._transport_pin = spec.dgi_named("transport PIN").tag
        self._receipt_key = spec.dgi_named("receipt key").tag
        self._finger = spec.object_named("finger template 1").tag
        flags = spec.object_named("holder flags")
        self._flags = flags.tag
        self._exempt = next(bit for bit, name in flags.bits.items() if name == _FINGER_EXEMPT)
        self._stream = Stream()

    def forget_stream(self) -> None:
        """Drop a stream that is not at its end."""
        self._stream = Stream()

    def store_data(self, command: Command) -> Answer:
        """STORE DATA: one block of the stream."""
        block, last = command.p2, bool(command.p1 & _LAST_BLOCK)
        if not self._stream.takes(block):
            raise StatusError(SW.WRONG_P1P2)
        stream = self._stream.feed(block, command.data)
        batch = _Batch()
        for grouping in stream.groupings(partial(self._check_header, batch)):
            self._add(grouping, batch)
        rest = stream.remainder()
        ends_blank = last and self._state.name == "BLANK"
        if last and rest.waiting:
            raise StatusError(SW.WRONG_DATA)
        if ends_blank and not self._is_complete(batch):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self._commit(batch, ends_blank)
        self._stream = Stream() if last else rest
        if ends_blank:
            self._state.clear_verified()
            self._state.channel.close_after_answer()
        return Answer()

    # Checks

    def _check_header(self, batch: _Batch, tag: int, length: int) -> None:
        if tag not in self._dgis:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        dgi = self._dgis[tag]
        if self._state.name not in dgi.states:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if self._state.name == "BLANK" and tag != self._anchor.tag and not self._anchored(batch):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if length > dgi.length.most:
            raise StatusError(SW.NO_SPACE)
        if length < dgi.length.least:
            raise StatusError(SW.WRONG_DATA)

    def _add(self, grouping: Grouping, batch: _Batch) -> None:
        """Check a complete DGI and add what it stores to the batch."""
        dgi = self._dgis[grouping.tag]
        if dgi.secret:
            batch.secrets[dgi.tag] = self._secret(dgi, grouping.content)
            return
        values = dict(_split(dgi, grouping.content))
        if dgi is self._anchor and self._anchored(batch):
            if any(self._value(tag, batch) != value for tag, value in values.items()):
                raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
            return
        if not all(can_hold(self._state.spec.objects[tag], v) for tag, v in values.items()):
            raise StatusError(SW.WRONG_DATA)
        merged = self._services.merged
        batch.values.update({tag: merged(tag, value) for tag, value in values.items()})

    def _secret(self, dgi: Dgi, content: bytes) -> bytes:
        """Decrypt a secret and look at its check value (card.json, secret_check)."""
        size, check = dgi.secret_length, self._state.spec.secret_check_length
        try:
            clear = unpad80(self._state.channel.decrypt_data(content))
        except ValueError as error:
            raise StatusError(SW.WRONG_DATA) from error
        secret, given = clear[:size], clear[size:]
        expected = sha256(dgi.tag.to_bytes(2, "big") + secret).digest()[:check]
        if not compare_digest(given, expected):
            raise StatusError(SW.WRONG_DATA)
        if dgi.tag == self._transport_pin and not is_pin_block(secret):
            raise StatusError(SW.WRONG_DATA)
        return secret

    def _is_complete(self, batch: _Batch) -> bool:
        """Say whether a BLANK card would have all that it needs to be PERSONALIZED."""
        mandatory = (dgi for dgi in self._dgis.values() if dgi.mandatory)
        return (
            self._has_key_pair()
            and all(self._is_there(dgi, batch) for dgi in mandatory)
            and bool(self._value(self._finger, batch) or self._is_exempt(batch))
        )

    def _has_key_pair(self) -> bool:
        return self._secrets.key_pair.exists

    def _is_there(self, dgi: Dgi, batch: _Batch) -> bool:
        if dgi.secret:
            stored = {
                self._transport_pin: self._secrets.pin.stored,
                self._receipt_key: self._secrets.receipt_keys.stored,
            }
            return dgi.tag in batch.secrets or stored[dgi.tag]
        return all(self._value(part.object, batch) for part in dgi.fields)

    def _is_exempt(self, batch: _Batch) -> bool:
        return bool(self._value(self._flags, batch)[0] & self._exempt)

    def _anchored(self, batch: _Batch) -> bool:
        return bool(self._value(self._anchor.fields[0].object, batch))

    def _value(self, tag: int, batch: _Batch) -> bytes:
        return batch.values.get(tag) or self._objects.value(tag)

    # Writing

    def _commit(self, batch: _Batch, ends_blank: bool) -> None:
        staged = {tag: self._objects.stage(tag, value) for tag, value in batch.values.items()}
        pin, receipt_key = (
            batch.secrets.get(tag) for tag in (self._transport_pin, self._receipt_key)
        )
        slot = self._secrets.receipt_keys.stage(receipt_key) if receipt_key else b""
        with self._state.cells.transaction():
            for tag, value in staged.items():
                self._objects.switch(tag, value)
            if pin:
                self._secrets.pin.store_transport(pin)
            if slot:
                self._secrets.receipt_keys.switch(slot)
            if ends_blank:
                self._state.cells.write(cell.PERSONALIZED, cell.MARK)


def _split(dgi: Dgi, content: bytes) -> list[tuple[int, bytes]]:
    """Cut a DGI's content into the values of its objects."""
    parts, position = [], 0
    for part in dgi.fields:
        end = len(content) if part.length is None else position + part.length
        parts.append((part.object, content[position:end]))
        position = end
    return parts
