"""Chaining, GET RESPONSE and corrected lengths, against cards written down as tables."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_lib.apdu import Apdu, Response
from host_lib.errors import CardRemoved, ProtocolError
from host_lib.framing import chain, framed, transfer

READ = Apdu(0x00, 0xB0, 0x00, 0x00, ne=256, label="READ")


def run(flow: Generator[Apdu, Response, Response], card: Callable[[Apdu], Response]) -> Response:
    """Answer each command of a flow by a function."""
    try:
        apdu = next(flow)
        while True:
            apdu = flow.send(card(apdu))
    except StopIteration as done:
        result: Response = done.value
        return result


@dataclass
class Script:
    """A card that answers the wire bytes it expects, in order."""

    lines: list[tuple[str, str]]
    position: int = 0

    def __call__(self, apdu: Apdu) -> Response:
        command, answer = self.lines[self.position]
        assert apdu.encode().hex().upper() == command
        self.position += 1
        return Response.parse(bytes.fromhex(answer))

    @property
    def finished(self) -> bool:
        return self.position == len(self.lines)


@pytest.mark.parametrize(
    ("lines", "data", "sw"),
    [
        ([("00B0000000", "AABB9000")], "AABB", 0x9000),
        ([("00B0000000", "6C02"), ("00B0000002", "AABB9000")], "AABB", 0x9000),
        ([("00B0000000", "6C00"), ("00B0000000", "AA6282")], "AA", 0x6282),
        ([("00B0000000", "6102"), ("00C0000002", "AABB9000")], "AABB", 0x9000),
        (
            [("00B0000000", "AA6100"), ("00C0000000", "BB6101"), ("00C0000001", "CC9000")],
            "AABBCC",
            0x9000,
        ),
        (
            [("00B0000000", "6105"), ("00C0000005", "6C02"), ("00C0000002", "AABB9000")],
            "AABB",
            0x9000,
        ),
        ([("00B0000000", "6A82")], "", 0x6A82),
        ([("00B0000000", "6C02"), ("00B0000002", "6C03")], "", 0x6C03),
    ],
)
def test_a_response_arrives_whole(lines: list[tuple[str, str]], data: str, sw: int) -> None:
    card = Script(lines)
    assert run(transfer(READ), card) == Response(bytes.fromhex(data), sw)
    assert card.finished


@pytest.mark.parametrize(
    ("cla", "expected"), [(0x00, 0x00), (0x84, 0x00), (0x81, 0x01), (0x0C, 0x00), (0x62, 0x42)]
)
def test_get_response_keeps_the_channel_and_drops_secure_messaging(cla: int, expected: int) -> None:
    steps = transfer(Apdu(cla, 0xCA, 0, 0, ne=256))
    next(steps)
    assert steps.send(Response(b"", 0x6101)).cla == expected


def test_a_card_that_announces_data_forever_is_stopped() -> None:
    with pytest.raises(ProtocolError, match="gives none"):
        run(transfer(READ), lambda _: Response(b"", 0x6110))
    with pytest.raises(ProtocolError, match="more than 65536"):
        run(transfer(READ), lambda _: Response(bytes(256), 0x6100))


@dataclass
class ChainingCard:
    """Collects the links of a chain as ISO/IEC 7816-4, 5.1.1.1 has it."""

    received: bytearray = field(default_factory=bytearray)
    links: list[Apdu] = field(default_factory=list)

    def __call__(self, apdu: Apdu) -> Response:
        assert len(apdu.data) <= 255
        self.links.append(apdu)
        self.received += apdu.data
        return Response(b"" if apdu.cla & 0x10 else b"\x01", 0x9000)


LONG = st.one_of(st.binary(max_size=1500), st.sampled_from([255, 256, 510, 511]).map(bytes))


@given(LONG, st.integers(1, 300))
def test_any_split_of_a_chain_puts_the_data_together_again(data: bytes, size: int) -> None:
    apdu = Apdu(0x80, 0xE2, 0x00, 0x00, data, 256, secret=True)
    links = list(chain(apdu, size))
    assert b"".join(link.data for link in links) == data
    assert all(len(link.data) <= size for link in links)
    assert [bool(link.cla & 0x10) for link in links] == [True] * (len(links) - 1) + [False]
    assert [link.ne for link in links] == [0] * (len(links) - 1) + [256]
    assert len(links) == max(1, -(-len(data) // size)), "no link more than the data needs"
    assert all(
        link.secret_ranges == Apdu(0, 0, 0, 0, link.data, secret=True).secret_ranges
        for link in links
    )


@given(st.data(), st.binary(min_size=1, max_size=100), st.integers(1, 40))
def test_secret_bytes_stay_secret_in_whichever_link_they_travel(
    draw: st.DataObject, data: bytes, size: int
) -> None:
    start = draw.draw(st.integers(0, len(data) - 1))
    end = draw.draw(st.integers(start + 1, len(data)))
    links = list(chain(Apdu(0, 0xDB, 0, 0, data, secret=((start, end),)), size))
    hidden = [
        n * size + i
        for n, link in enumerate(links)
        for a, b in link.secret_ranges
        for i in range(a, b)
    ]
    assert hidden == list(range(start, end))


@given(LONG)
def test_long_data_reaches_the_card_in_short_commands(data: bytes) -> None:
    card = ChainingCard()
    assert run(transfer(Apdu(0, 0xDB, 0x3F, 0xFF, data, 300)), card) == Response(b"\x01", 0x9000)
    assert card.received == data
    assert card.links[-1].ne == 256


def test_a_refused_link_ends_the_chain() -> None:
    sent: list[Apdu] = []

    def card(apdu: Apdu) -> Response:
        sent.append(apdu)
        return Response(b"", 0x6884)

    assert run(transfer(Apdu(0, 0xDB, 0, 0, bytes(600))), card).sw == 0x6884
    assert len(sent) == 1


def test_extended_lengths_are_used_where_the_card_takes_them() -> None:
    apdu = Apdu(0, 0xDB, 0, 0, bytes(600), 300)
    sent: list[Apdu] = []

    def card(apdu: Apdu) -> Response:
        sent.append(apdu)
        return Response(b"", 0x9000)

    run(transfer(apdu, extended=True), card)
    assert sent == [apdu]


def test_a_chain_of_empty_links_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        list(chain(READ, 0))


def test_a_flow_sees_whole_responses_and_its_other_requests_pass_by() -> None:
    def flow() -> Generator[Apdu | str, Response | int, tuple[object, object]]:
        answer = yield "which key?"
        response = yield READ
        return answer, response

    steps = framed(flow())
    assert next(steps) == "which key?"
    assert steps.send(7) == READ
    assert steps.send(Response(b"", 0x6C01)) == Apdu(0, 0xB0, 0, 0, ne=1)
    with pytest.raises(StopIteration) as done:
        steps.send(Response(b"\xaa", 0x9000))
    assert done.value.value == (7, Response(b"\xaa", 0x9000))


def test_a_lost_card_is_reported_to_the_flow_which_decides() -> None:
    def flow() -> Generator[Apdu, Response, str]:
        try:
            yield READ
        except CardRemoved:
            return "the flow knows"
        return "not lost"

    steps = framed(flow())
    next(steps)
    with pytest.raises(StopIteration) as done:
        steps.throw(CardRemoved("gone"))
    assert done.value.value == "the flow knows"


def test_a_flow_that_is_given_up_is_closed() -> None:
    closed: list[bool] = []

    def flow() -> Generator[Apdu, Response, None]:
        try:
            yield READ
        finally:
            closed.append(True)

    inner = flow()
    steps = framed(inner)
    next(steps)
    steps.close()
    assert closed == [True]
