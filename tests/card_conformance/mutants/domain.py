"""STORE DATA to the security domain and for personalization, GET DATA's classes, GET STATUS."""

from collections.abc import Iterator

from card_simulator import dispatch, listing, tlv
from card_simulator.apdu import SW, Answer, Command, StatusError
from card_simulator.forwarding import Forwarding
from card_simulator.listing import Listing
from card_simulator.secure_channel import SecureChannel
from card_simulator.store_data import CIN, DomainData
from tests.card_conformance.mutants.base import (
    Patcher,
    Rows,
    forgiving,
    no_session_needed,
    nothing,
    replaced,
)


def _first_number_only(patch: Patcher) -> None:
    original = DomainData.value
    patch.setattr(DomainData, "value", lambda self, tag: b"" if tag == CIN else original(self, tag))


def _stores_what_came_before(patch: Patcher) -> None:
    original = DomainData.store

    def store(self: DomainData, command: Command) -> Answer:
        try:
            return original(self, command)
        except StatusError:
            self._memory.write("isd.object.45", b"\x07\x07")
            raise

    patch.setattr(DomainData, "store", store)


def _any_block(patch: Patcher) -> None:
    original = DomainData.store

    def store(self: DomainData, command: Command) -> Answer:
        cla, ins, p1, _ = command.header
        expected = len(self._blocks)
        return original(self, Command(cla, ins, p1, expected, command.data, command.ne))

    patch.setattr(DomainData, "store", store)


def _no_second_beginning(patch: Patcher) -> None:
    original = DomainData.store

    def store(self: DomainData, command: Command) -> Answer:
        if self._blocks and not command.p2:
            self.forget()
            raise StatusError(SW.WRONG_P1P2)
        return original(self, command)

    patch.setattr(DomainData, "store", store)


def _keeps_forwarding(patch: Patcher) -> None:
    patch.setattr(Forwarding, "forget", nothing)


def _forwards_at_any_level(patch: Patcher) -> None:
    original = Forwarding.forward

    def forward(self: Forwarding, command: Command) -> Answer:
        try:
            return original(self, command)
        except StatusError as error:
            if error.sw != SW.SECURITY_NOT_SATISFIED:
                raise
            return Answer()

    patch.setattr(Forwarding, "forward", forward)


def _loses_an_entry(patch: Patcher) -> None:
    original = Listing.get_status

    def get_status(self: Listing, command: Command) -> Answer:
        answer = original(self, command)
        if self._rest and len(self._rest.entries) > 1:
            self._rest = listing._Rest(self._rest.search, self._rest.entries[1:])
        return answer

    patch.setattr(Listing, "get_status", get_status)


def _cuts_the_list(patch: Patcher) -> None:
    original = Listing.get_status

    def get_status(self: Listing, command: Command) -> Answer:
        return Answer(original(self, command).data)

    patch.setattr(Listing, "get_status", get_status)


def _begins_with_next(patch: Patcher) -> None:
    original = Listing.get_status

    def get_status(self: Listing, command: Command) -> Answer:
        cla, ins, p1, p2 = command.header
        first = p2 if self._rest else 0x02
        return original(self, Command(cla, ins, p1, first, command.data, command.ne))

    patch.setattr(Listing, "get_status", get_status)


def _no_tags(_tag_list: bytes) -> Iterator[int]:
    return iter(())


def _any_search(patch: Patcher) -> None:
    original = listing._search_wanted

    def search(command: Command) -> object:
        try:
            return original(command)
        except StatusError:
            return listing._Search(command.p1, b"", frozenset())

    patch.setattr(listing, "_search_wanted", search)


def _finds_everything(patch: Patcher) -> None:
    original = listing._search_wanted

    def search(command: Command) -> object:
        found = original(command)
        return listing._Search(found.p1, b"", found.tags)

    patch.setattr(listing, "_search_wanted", search)


def _one_class(patch: Patcher) -> None:
    original = dispatch._takes_class

    def takes(wanted: object, cla: int, *args: object) -> bool:
        both = wanted.other_cla is not None  # type: ignore[attr-defined]
        return original(wanted, cla, *args) and not (both and cla < 0x80)  # type: ignore[arg-type]

    patch.setattr(dispatch, "_takes_class", takes)


MUTANTS: Rows = (
    (
        "stores nothing in the domain",
        "SDI-01",
        replaced(DomainData, "store", lambda _s, _c: Answer()),
    ),
    ("stores one number of two", "SDI-01", _first_number_only),
    ("stores for anyone", "SDI-02", no_session_needed("STORE DATA")),
    ("stores what came before the fault", "SDI-03", _stores_what_came_before),
    ("stores before the object it does not know", "SDI-05", _stores_what_came_before),
    ("takes any block of the domain's", "SDI-04", _any_block),
    ("begins no stream while another is open", "SDI-04", _no_second_beginning),
    (
        "stores any object",
        "SDI-05",
        forgiving(DomainData, "store", SW.REFERENCED_DATA_NOT_FOUND),
    ),
    ("goes on forwarding", "SDI-06", _keeps_forwarding),
    ("forwards at any level", "SDI-06", _forwards_at_any_level),
    ("forwards nothing", "SDI-06", replaced(Forwarding, "forward", lambda _s, _c: Answer())),
    ("leaves an entry out between two answers", "GST-02", _loses_an_entry),
    ("says that a cut list is whole", "GST-02", _cuts_the_list),
    ("goes on with no list", "GST-05", _begins_with_next),
    ("ignores the tag list", "GST-06", replaced(tlv, "read_tags", _no_tags)),
    ("finds everything", "GST-06", _finds_everything),
    ("takes any search", "GST-07", _any_search),
    ("knows one class of GET DATA", "ISD-06", _one_class),
    (
        "has a counter that it does not need",
        "ISD-07",
        replaced(SecureChannel, "sequence", lambda _self: bytes(3)),
    ),
)
