"""The card that a test talks to: raw commands, flows, sessions, and what is expected of answers."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from applet_spec import Changed, ExitCode, UnicardError, spec
from card_conformance.failure import Failure, NotConform, NotRun
from card_conformance.invented import ReceiptKey, Record, another_pin
from card_conformance.keyring import Keyring
from card_conformance.statement import Statement
from card_conformance.trace import TracedReader
from host_lib.apdu import Apdu, Response, masked
from host_lib.command import (
    AskPin,
    ChangePin,
    Command,
    Fci,
    ResetRetryCounter,
    Select,
    SelectCardManager,
)
from host_lib.drive import drive
from host_lib.flow.base import AnyFlow, Flow
from host_lib.flow.identify import CardFacts, identify, scp03_options
from host_lib.flow.pin import change_pin, verify_pin
from host_lib.flow.session import (
    IssuerSession,
    SessionTerms,
    ask_for_session,
    open_issuer_session,
)
from host_lib.reader import Reader
from host_lib.refusals import ConditionsNotSatisfied, WrongPin
from host_lib.scp03 import SecureChannel, secured
from host_lib.secret import Pin
from host_lib.trace import secret_bytes

R = TypeVar("R")


class CardNotRestored(UnicardError):
    """What a test had changed on the card could not be changed back."""

    exit_code = ExitCode.UNCERTAIN
    changed = Changed.YES
    advice = (
        "Look at the card: its PIN, its try counter, its role keys or its state may be the test's. "
        "The trace in the results shows what was sent."
    )


class PinNotTheCards(UnicardError):
    """The PIN for the tests is wrong; found out before any test, and its try given back."""

    advice = "give the card's PIN (a new card's is in its PIN mailer), or run without one"


@dataclass(frozen=True, slots=True)
class KnownPin:
    """The PIN of the card under test and whether it is a transport PIN."""

    pin: Pin
    transport: bool


class CardUnderTest:
    """One card in a reader, as the tests see it.

    ``record`` is the invented record that the suite wrote into this card, None for a card that
    somebody else issued; ``receipt_keys`` are those that the suite gave it, by version.
    """

    def __init__(
        self,
        reader: TracedReader,
        statement: Statement,
        keyring: Keyring | None,
        record: Record | None,
    ) -> None:
        self.reader = reader
        self.statement = statement
        self.record = record
        self.pin: KnownPin | None = None
        self.receipt_keys: dict[int, ReceiptKey] = {}
        self._keyring = keyring
        self._version: int | None = None
        self._i: int | None = None
        self._selected = b""

    # Sending

    def send(self, apdu: Apdu, channel: SecureChannel | None = None) -> Response:
        """Send one command as it is, or protected by a channel; return the opened answer.

        Nothing is sent twice and no answer is refused. Raises SecureMessagingError where a
        session's answer lacks its MAC.
        """
        sent = apdu if channel is None else channel.wrap(apdu)
        answer = Response.parse(self.reader.transmit(sent.encode()))
        return answer if channel is None else channel.unwrap(answer)

    def send_bytes(self, command: bytes) -> Response:
        """Send bytes that need not be a command at all."""
        return Response.parse(self.reader.transmit(command))

    def run(self, flow: AnyFlow[R] | Command[R], channel: SecureChannel | None = None) -> R:
        """Run a command or a flow to its end, in a session where a channel is given."""
        steps: AnyFlow[R] = flow if isinstance(flow, Generator) else iter(flow)
        if channel is not None:
            steps = secured(channel, steps)
        return drive(steps, self.reader, self._keyring)

    def expect(self, sw: str, apdu: Apdu, channel: SecureChannel | None = None) -> Response:
        """Send a command and return its answer. Raises NotConform for another status word."""
        answer = self.send(apdu, channel)
        self._compare(sw, shown(apdu, channel), answer)
        return answer

    def expect_bytes(self, sw: str, command: bytes) -> Response:
        """Send bytes and return their answer. Raises NotConform for another status word."""
        answer = self.send_bytes(command)
        self._compare(sw, masked(command, secret_bytes(command)), answer)
        return answer

    @staticmethod
    def _compare(sw: str, sent: str, answer: Response) -> None:
        came = f"{answer.sw:04X}"
        if came != sw:
            raise NotConform(Failure(sent, came, sw))

    # Selecting and sessions

    def select(self) -> Fci:
        """Select the application."""
        self._selected = spec().aids.instance
        return self.run(Select(self._selected))

    def select_manager(self) -> None:
        """Select the card manager."""
        self._selected = spec().aids.isd
        self.run(SelectCardManager(self._selected))

    def facts(self) -> CardFacts:
        """Ask the card who it is; the application stays selected."""
        return self.run(identify())

    def session(self, *, on_manager: bool = False, level: int | None = None) -> IssuerSession:
        """Select application or card manager and open an issuer session there.

        Without ``level`` at the highest level that the card offers.
        """
        version, wanted = self.key_version(), level or max(self.levels)
        if on_manager:
            self.select_manager()
        else:
            self.select()
        return self.run(open_issuer_session(version, wanted, terms=SessionTerms(i=self.i)))

    @property
    def i(self) -> int:
        """The parameter i of SCP03: what the card data say, else what begins a session."""
        if self._i is None:
            with self._aside():
                self.run(SelectCardManager(spec().aids.isd))
                self._i = self.run(_announced_i())
        return self._i

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Ask the card something outside the trace; afterwards what was selected is it again."""
        with self.reader.unobserved():
            yield
            self.reader.reset()
            if self._selected:
                self.run(SelectCardManager(self._selected))

    @property
    def mac_length(self) -> int:
        """Bytes of challenges, cryptograms and MACs in the card's mode, 8 or 16."""
        return spec().secure_channel.mac_length_for(self.i)

    @property
    def levels(self) -> frozenset[int]:
        """The security levels that the card's i announces and its statement does not leave out."""
        return spec().secure_channel.levels_for(self.i) & frozenset(self.statement.levels)

    def need_level(self, level: int) -> int:
        """Return the level. Raises NotRun where the card does not offer it."""
        if level not in self.levels:
            raise NotRun(f"the card does not offer level {level:02X}")
        return level

    def key_version(self) -> int:
        """Return the first key version of the card for which keys are at hand, or raise NotRun."""
        if self._keyring is None:
            raise NotRun("no keys given")
        if self._version is None:
            self._version = self._find_version(self._keyring)
        return self._version

    def forget_version(self) -> None:
        """Look for the key version again: a test changes the key sets."""
        self._version = None

    def _find_version(self, keyring: Keyring) -> int:
        with self._aside():
            selected = self.facts()
        issuer = spec().key_ranges["issuer"]
        own = sorted(selected.key_versions, key=lambda v: not issuer.first <= v <= issuer.last)
        for version in own:
            if version in keyring.versions:
                return version
        present = ", ".join(f"{version:02X}" for version in selected.key_versions) or "none"
        raise NotRun(f"the card's key versions ({present}) are none of the key store's")

    @property
    def keyring(self) -> Keyring:
        """The key holder. Raises NotRun without keys."""
        if self._keyring is None:
            raise NotRun("no keys given")
        return self._keyring

    @contextmanager
    def restoring(self, what: str) -> Iterator[None]:
        """Change something back inside the block; what fails there becomes CardNotRestored.

        ``what`` is a noun without a verb after it, of one thing or of several.
        """
        try:
            yield
        except (UnicardError, NotConform) as error:
            raise CardNotRestored(f"could not restore {what}: {error}") from error

    # PIN

    @contextmanager
    def pin_as(self, *, transport: bool) -> Iterator[Pin]:
        """Give the card a PIN that is a transport PIN or the holder's own, inside the block.

        Afterwards PIN, transport mark and try counter are what they were. Raises NotRun where no
        PIN is known, CardNotRestored when the card does not take its PIN back.
        """
        if self.pin is None:
            raise NotRun("no PIN given")
        with self.reader.unobserved():
            self._set_pin(self.pin.pin, transport=transport)
        try:
            yield self.pin.pin
        finally:
            self._restore_pin(self.pin)

    def _restore_pin(self, known: KnownPin) -> None:
        with self.reader.unobserved(), self.restoring("the card's PIN"):
            self.reader.reset()
            self._set_pin(known.pin, transport=known.transport)

    def prove_pin(self, pin: Pin) -> None:
        """Make sure, in an issuer session, that this is the card's PIN, and remember it.

        A wrong one costs a try, which is given back. Raises PinNotTheCards, LastTry.
        """
        session = self.session()
        try:
            transport = self.run(_prove(pin), session.channel)
        except WrongPin as error:
            self.run(ResetRetryCounter(), session.channel)
            raise PinNotTheCards(
                "the PIN that was given is not this card's; the try that it cost is given back"
            ) from error
        self.pin = KnownPin(pin, transport)
        if transport:
            self.run(ResetRetryCounter(pin), session.channel)

    def _set_pin(self, pin: Pin, *, transport: bool) -> None:
        session = self.session()
        first = pin if transport else another_pin(pin)
        self.run(ResetRetryCounter(first), session.channel)
        if not transport:
            self.run(ChangePin(first, pin), session.channel)
        self.select()

    def tries_left(self) -> int:
        """Ask the card how many PIN tries are left; the PIN must not be verified."""
        status = self.run(AskPin())
        if status.tries_left is None:
            raise NotConform(Failure("VERIFY without data", "9000: verified", "63Cx: not verified"))
        return status.tries_left


def _announced_i() -> Flow[int]:
    """Read i out of the card data; where they name none or several, out of an offer."""
    announced = yield from scp03_options()
    if announced is not None and len(announced) == 1:
        return announced[0]
    offer, _ = yield from ask_for_session(0)
    return offer.i


def _prove(pin: Pin) -> Flow[bool]:
    """Verify the PIN; a transport PIN can only be proven by changing it. Say which it is."""
    try:
        yield from verify_pin(pin)
    except ConditionsNotSatisfied:
        yield from change_pin(pin, another_pin(pin))
        return True
    return False


def open_card(
    reader: Reader, statement: Statement, keyring: Keyring | None, record: Record | None
) -> CardUnderTest:
    """Return the card in a reader for tests."""
    return CardUnderTest(TracedReader(reader), statement, keyring, record)


def shown(apdu: Apdu, channel: SecureChannel | None = None) -> str:
    """Return a command in words: its name, its bytes with secrets as stars, its session's level."""
    wire = apdu.encode()
    where = "" if channel is None else f" (in a session at level {channel.level:02X})"
    name = f"{apdu.label} " if apdu.label else ""
    return f"{name}{masked(wire, secret_bytes(wire))}{where}"
