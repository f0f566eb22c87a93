"""STORE DATA to the application."""

from collections.abc import Iterator

from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.application import dgi_stream, personalization
from card_simulator.application.application import Application
from card_simulator.application.dgi_stream import Stream
from card_simulator.application.personalization import Personalization
from tests.card_conformance.mutants.base import (
    Patch,
    Patcher,
    Rows,
    no_session_needed,
    nothing,
    replaced,
    stays_open,
)


def _header_check(*forgiven: int) -> Patch:
    """Return a patch under which some refusals of a DGI's header are not made."""

    def patch(monkey: Patcher) -> None:
        original = Personalization._check_header

        def check_header(self: Personalization, *args: object) -> None:
            try:
                original(self, *args)  # type: ignore[arg-type]
            except StatusError as error:
                if error.sw not in forgiven:
                    raise

        monkey.setattr(Personalization, "_check_header", check_header)

    return patch


def _anchor_replaced(patch: Patcher) -> None:
    original = Personalization._add

    def add(self: Personalization, grouping: object, batch: object) -> None:
        anchored = self._anchored
        self._anchored = lambda batch: False  # type: ignore[method-assign]  # noqa: ARG005
        try:
            original(self, grouping, batch)  # type: ignore[arg-type]
        finally:
            self._anchored = anchored  # type: ignore[method-assign]

    patch.setattr(Personalization, "_add", add)


def _check_value_ignored(patch: Patcher) -> None:
    def compare(_left: bytes, _right: bytes) -> bool:
        return True

    patch.setattr(personalization, "compare_digest", compare)


def _earlier_dgis_stored(patch: Patcher) -> None:
    original = Personalization._add

    def add(self: Personalization, grouping: object, batch: personalization._Batch) -> None:
        try:
            original(self, grouping, batch)  # type: ignore[arg-type]
        except StatusError:
            self._commit(batch, False)
            raise

    patch.setattr(Personalization, "_add", add)


def _boundary_lost(patch: Patcher) -> None:
    original = Stream.feed

    def feed(self: Stream, block: int, data: bytes) -> Stream:
        fed = original(self, block, data)
        return Stream(fed.block, data) if len(self.waiting) == 1 else fed

    patch.setattr(Stream, "feed", feed)


def _content_unchecked(patch: Patcher) -> None:
    patch.setattr(personalization, "can_hold", lambda _target, _value: True)


def _unfinished_last_block(patch: Patcher) -> None:
    original = Personalization.store_data

    def store_data(self: Personalization, command: Command) -> Answer:
        try:
            return original(self, command)
        except StatusError as error:
            if error.sw == SW.WRONG_DATA and command.p1 == 0x88:
                return Answer()
            raise

    patch.setattr(Personalization, "store_data", store_data)


def _missing_is_there(*names: str) -> Patch:
    def patch(monkey: Patcher) -> None:
        original = Personalization._is_there
        monkey.setattr(
            Personalization,
            "_is_there",
            lambda self, dgi, batch: dgi.name in names or original(self, dgi, batch),
        )

    return patch


def _has_key_pair(_self: Personalization) -> bool:
    return True


def _forgets_between_blocks(patch: Patcher) -> None:
    original = Application.process

    def process(self: Application, command: Command) -> bytes:
        if command.ins == 0xCA:
            self._personalization.forget_stream()
        return original(self, command)

    patch.setattr(Application, "process", process)


def _first_counts(patch: Patcher) -> None:
    original = Personalization._add

    def add(self: Personalization, grouping: object, batch: personalization._Batch) -> None:
        before = dict(batch.values)
        original(self, grouping, batch)  # type: ignore[arg-type]
        batch.values.update(before)

    patch.setattr(Personalization, "_add", add)


def _header_judged_late(patch: Patcher) -> None:
    """Look at tag and length once the content is there, or the stream has ended without it."""
    original = Stream.groupings

    def groupings(self: Stream, check_header: dgi_stream.Header) -> Iterator[dgi_stream.Grouping]:
        for grouping in original(self, lambda _tag, _length: None):
            check_header(grouping.tag, len(grouping.content))
            yield grouping

    patch.setattr(Stream, "groupings", groupings)


MUTANTS: Rows = (
    ("forgets a stream over other commands", "STD-01", _forgets_between_blocks),
    ("lets the first of two equal DGIs count", "STD-01", _first_counts),
    ("knows lengths of one byte only", "STD-01", replaced(dgi_stream, "_LONG", 0x100)),
    ("judges a DGI when all of it has come", "STD-07", _header_judged_late),
    ("loses a byte between blocks", "STD-01", _boundary_lost),
    ("stores for anyone", "STD-02", no_session_needed("STORE DATA")),
    ("ignores the check value", "STD-03", _check_value_ignored),
    ("stores what came before the fault", "STD-03", _earlier_dgis_stored),
    (
        "goes on after a refused block",
        "STD-03",
        replaced(Personalization, "forget_stream", nothing),
    ),
    ("takes any content", "STD-03", _content_unchecked),
    ("takes half a DGI at the end", "STD-03", _unfinished_last_block),
    ("takes any block number", "STD-04", replaced(Stream, "takes", lambda _self, _block: True)),
    ("replaces the anchor", "STD-05", _anchor_replaced),
    ("needs no anchor", "STD-05", _header_check(SW.CONDITIONS_NOT_SATISFIED)),
    ("takes any DGI of a blank card later", "STD-10", _header_check(SW.CONDITIONS_NOT_SATISFIED)),
    ("takes long DGIs", "STD-07", _header_check(SW.NO_SPACE)),
    ("needs no certificate", "STD-08", _missing_is_there("card certificate")),
    ("needs no PIN", "STD-08", _missing_is_there("transport PIN")),
    ("needs no validity", "STD-08", _missing_is_there("validity")),
    ("needs no finger", "STD-08", replaced(Personalization, "_is_exempt", lambda _s, _b: True)),
    ("needs no key pair", "STD-08", replaced(Personalization, "_has_key_pair", _has_key_pair)),
    ("keeps the session after the last block", "STD-08", stays_open),
)
