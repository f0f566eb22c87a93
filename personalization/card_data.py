"""One card's data: what the enrolment and the bureau's own numbers become as DGIs."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from applet_spec import spec
from host_lib.flow.store import DgiValue
from host_lib.secret import Pin
from host_lib.services import encode_service
from host_lib.tlv import encode
from personalization.finger import CardFinger, biometric_information, card_finger
from personalization.fmr import parse_finger_record
from personalization.services import is_delegate, service_table

NO_CARD = "0" * 16


@dataclass(frozen=True, slots=True)
class CardNumbers:
    """What the bureau gives a card: batch id and card serial (8 bytes each), number, last day."""

    batch: bytes
    card_number: str
    card_serial: bytes
    effective: date
    expiry: date


@dataclass(frozen=True, slots=True)
class CardData:
    """Everything that one card gets, but for its certificate: that needs the card's own key.

    ``dgis`` holds the contents of the DGIs that are no secrets, by their tags; ``notes`` say what
    of the finger records was left out.
    """

    enrolment_id: str
    numbers: CardNumbers
    dgis: Mapping[int, bytes] = field(repr=False)
    pin: Pin
    notes: tuple[str, ...] = ()

    def values(self) -> Iterator[DgiValue]:
        """Yield the DGIs that are no secrets, the anchor first."""
        return (DgiValue(tag, content) for tag, content in sorted(self.dgis.items()))

    def as_dict(self) -> dict[str, object]:
        """Return the record of a production file; holds the PIN, so it is only ever sealed."""
        numbers = self.numbers
        return {
            "enrolment_id": self.enrolment_id,
            "card_number": numbers.card_number,
            "card_serial": numbers.card_serial.hex(),
            "effective": numbers.effective.isoformat(),
            "expiry": numbers.expiry.isoformat(),
            "dgis": {f"{tag:04X}": content.hex() for tag, content in self.dgis.items()},
            "pin": self.pin.reveal().decode("ascii"),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], batch: bytes) -> Self:
        """Read the record of a production file. Raises KeyError, TypeError or ValueError."""
        numbers = CardNumbers(
            batch,
            values["card_number"],
            bytes.fromhex(values["card_serial"]),
            date.fromisoformat(values["effective"]),
            date.fromisoformat(values["expiry"]),
        )
        dgis = {int(tag, 16): bytes.fromhex(text) for tag, text in values["dgis"].items()}
        return cls(values["enrolment_id"], numbers, dgis, Pin(values["pin"]))


def card_data(fields: Mapping[str, Any], numbers: CardNumbers, pin: Pin) -> CardData:
    """Turn a valid enrolment record into the data of a card.

    Raises ValueError when a DGI is longer than the contract allows: a valid record gives none.
    """
    fingers = _fingers(fields)
    parts = [_anchor(numbers), _cardholder(fields), _validity(numbers), _flags(fields)]
    names = ("finger template 1", "finger template 2")
    parts += [(name, finger.template) for name, finger in zip(names, fingers, strict=False)]
    if fingers:
        parts.append(("biometric information template", biometric_information(fingers)))
    dgis = {spec().dgi_named(name).tag: content for name, content in parts}
    for record in service_table(fields, numbers.effective):
        # A service's id is its place in the table.
        dgis[spec().dgi_named(f"service record {record.id}").tag] = encode_service(record)
    for tag, content in dgis.items():
        if len(content) not in spec().dgis[tag].length:
            raise ValueError(f"DGI {tag:04X} has {len(content)} bytes: too few or too many")
    notes = tuple(f"finger {f.position}: {note}" for f in fingers for note in f.notes)
    return CardData(str(fields["enrolment_id"]), numbers, dgis, pin, notes)


def _anchor(numbers: CardNumbers) -> tuple[str, bytes]:
    return "anchor", bytes.fromhex(numbers.card_number) + numbers.batch + numbers.card_serial


def _cardholder(fields: Mapping[str, Any]) -> tuple[str, bytes]:
    values = {
        "name": str(fields["name"]).encode("utf-8"),
        "birth date": bcd_date(date.fromisoformat(fields["birth_date"])),
        "national id": bytes.fromhex(fields["national_id"]),
        "governorate": bytes.fromhex(fields["governorate"]),
        "mobile number": bytes.fromhex(fields["mobile"] + "F"),
    }
    template = spec().object_named("cardholder data")
    return "cardholder", b"".join(encode(f.tag, values[f.name]) for f in template.fields)


def _validity(numbers: CardNumbers) -> tuple[str, bytes]:
    return "validity", bcd_date(numbers.effective) + bcd_date(numbers.expiry)


def _flags(fields: Mapping[str, Any]) -> tuple[str, bytes]:
    bits = {name: bit for bit, name in spec().object_named("holder flags").bits.items()}
    flags = bits["finger-exempt"] if fields.get("finger_exempt") else 0
    flags |= bits["delegate"] if is_delegate(fields) else 0
    replaced = bytes.fromhex(fields.get("replaces_card", NO_CARD))
    return "holder flags", bytes((flags,)) + replaced


def bcd_date(day: date) -> bytes:
    """Return YYYYMMDD in BCD, 4 bytes."""
    return bytes.fromhex(day.strftime("%Y%m%d").zfill(8))


def _fingers(fields: Mapping[str, Any]) -> tuple[CardFinger, ...]:
    return tuple(
        card_finger(parse_finger_record(base64.b64decode(fields[name])), fields[f"{name}_position"])
        for name in ("finger_1", "finger_2")
        if name in fields
    )
