"""A station: takes the card that is in a reader and brings it as far as it can be brought.

The journal is written before each step that changes the card, and read, with the decision table,
before the first. What a lost answer leaves open is not repeated: the card is set aside as
uncertain, and asked when it comes back. No failed authentication is tried again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from applet_spec import UnicardError
from host_lib.drive import drive
from host_lib.errors import (
    CardCryptogramError,
    ProtocolError,
    ReaderError,
    SecureMessagingError,
)
from host_lib.flow.genuine import NotGenuine
from host_lib.flow.session import IssuerSession
from host_lib.reader import Reader
from host_lib.refusals import (
    AuthenticationFailed,
    CardFailure,
    Refused,
    SecurityStatusNotSatisfied,
)
from keys_tool import KeyStore, issue_card_certificate
from keys_tool.errors import CertificateError, CertificateRequestInvalid
from keys_tool.sam import StoreSam
from personalization import steps
from personalization.card_data import CardData
from personalization.decision import Observation, Verdict, decide, what_it_says
from personalization.errors import CardSetAside, CardSpoiled
from personalization.journal import Journal
from personalization.journal_rows import Chip, Entry
from personalization.journal_schema import State
from personalization.metering import MeteredReader, Phase
from personalization.outcome import CardResult, Outcome
from personalization.owner import Owner
from personalization.production import Production

_UNCERTAIN = (
    *(ReaderError, ProtocolError, SecureMessagingError, CardFailure),
    *(CardCryptogramError, AuthenticationFailed, SecurityStatusNotSatisfied),
)
"""The answer is lost or cannot be trusted, or the keys do not fit: the card may be anything."""
_SPOILING = (CardSpoiled, NotGenuine, CertificateError, Refused)
"""The card says no, or shows that it did not keep what it confirmed."""


@dataclass(frozen=True)
class Bench:
    """What a station works with: the batch's file, the journal, the store, and who it is.

    ``transport`` names the delivery of blank stock, None the newest.
    """

    production: Production
    journal: Journal
    store: KeyStore
    owner: Owner
    transport: int | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def personalize(bench: Bench, reader: Reader) -> CardResult:
    """Bring the card in a reader as far as it can be brought, and say how far that was.

    What is wrong with a card is in the result. Errors of store, journal or production file are
    raised: then a record that was begun stays as it is, for the next station.
    """
    return _Visit(bench, reader).result()


class _Visit:
    """One card at the station."""

    def __init__(self, bench: Bench, reader: Reader) -> None:
        self._bench = bench
        self._reader = MeteredReader(reader)
        self._sam = StoreSam(bench.store, bench.transport)
        self._version = bench.production.issuer_version
        self._seen: Observation | None = None

    def result(self) -> CardResult:
        try:
            with self._reader.exclusive():
                return self._looked_at()
        except ReaderError as error:
            # Only the way to the card fails here: whatever begins on a card handles its own.
            return self._said(Outcome.SET_ASIDE, error)

    def _looked_at(self) -> CardResult:
        try:
            seen = self._seen = drive(steps.observe(), self._reader)
        except (ReaderError, ProtocolError, SecureMessagingError, Refused) as error:
            return self._said(Outcome.SET_ASIDE, error)
        chip = self._bench.journal.chip(seen.chip)
        return self._new_chip(seen) if chip is None else self._known_chip(seen, chip)

    # Deciding

    def _new_chip(self, seen: Observation) -> CardResult:
        says = what_it_says(seen, self._version, None)
        if decide(None, says) is not Verdict.TAKE:
            return self._said(Outcome.SET_ASIDE, _foreign(f"a card with {says.value}"))
        self._reader.phase = Phase.KEYS
        try:
            session = drive(steps.open_blank(), self._reader, self._sam)
        except (*_UNCERTAIN, Refused) as error:
            return self._said(Outcome.SET_ASIDE, error)
        bench = self._bench
        entry = bench.journal.take(bench.production.id, seen.chip, bench.owner, self._reader.name)
        if entry is None:
            return self._said(Outcome.LEFT)
        return self._make(entry, Verdict.KEYS, session)

    def _known_chip(self, seen: Observation, chip: Chip) -> CardResult:
        if chip.batch != self._bench.production.id:
            return self._said(
                Outcome.SET_ASIDE, _foreign(f"a card of batch {chip.batch.hex().upper()}")
            )
        entry = self._bench.journal.entry(chip.record)
        if chip.spoiled:
            return self._said(Outcome.SPOILED, CardSpoiled(f"spoiled before: {chip.spoiled}"))
        state = entry.reached if entry.state is State.UNCERTAIN else entry.state
        says = what_it_says(seen, self._version, entry.card_serial)
        verdict = decide(state, says)
        what = f"the card says {says.value!r}, and the journal {entry.state.value!r}"
        if verdict is Verdict.ALREADY_DONE:
            return self._said(Outcome.ALREADY_DONE, entry=entry)
        if verdict is Verdict.OTHER_CARD or entry.state is State.DONE:
            return self._said(Outcome.SET_ASIDE, _foreign(what), entry)
        entry = self._bench.journal.resume(entry.id, self._bench.owner, self._reader.name)
        self._reader.traffic.add(entry.traffic)
        if verdict is Verdict.UNCERTAIN:
            return self._uncertain(entry, CardSetAside(what))
        if verdict is Verdict.SPOILED:
            return self._spoiled(entry, CardSpoiled(what), has_data=_may_have_data(seen, entry))
        return self._make(entry, verdict)

    # Making

    def _make(
        self, entry: Entry, verdict: Verdict, session: IssuerSession | None = None
    ) -> CardResult:
        card = self._bench.production.card_of(entry)
        try:
            for step in _FROM[verdict]:
                session = step(self, entry, card, session)
        except _UNCERTAIN as error:
            return self._uncertain(entry, error)
        except CertificateRequestInvalid:
            raise
        except _SPOILING as error:
            has_data = self._reader.phase not in (Phase.KEYS, Phase.INSTALL)
            return self._spoiled(entry, error, has_data=has_data)
        return self._said(Outcome.ISSUED, entry=entry)

    def _keys(
        self, _entry: Entry, _card: CardData, session: IssuerSession | None
    ) -> IssuerSession | None:
        self._reader.phase = Phase.KEYS
        if session is None:
            session = drive(steps.open_blank(), self._reader, self._sam)
        drive(steps.put_issuer_keys(session, self._version), self._reader, self._sam)
        return None

    def _install(
        self, entry: Entry, _card: CardData, _session: IssuerSession | None
    ) -> IssuerSession | None:
        """Prove the new keys; only then the journal says that they are changed."""
        self._reader.phase = Phase.INSTALL
        session = drive(steps.open_card_manager(self._version), self._reader, self._sam)
        self._advance(entry, State.KEYS_CHANGED, key_version=self._version)
        drive(steps.install_if_absent(session), self._reader, self._sam)
        return None

    def _data(
        self, entry: Entry, card: CardData, _session: IssuerSession | None
    ) -> IssuerSession | None:
        self._reader.phase = Phase.DATA
        session = drive(steps.open_application(self._version), self._reader, self._sam)
        point = drive(steps.make_key_pair(session), self._reader)
        drive(steps.write_data(session, card, self._certificate(card, point)), self._reader)
        self._advance(entry, State.DATA_WRITTEN)
        return None

    def _verify(
        self, entry: Entry, card: CardData, _session: IssuerSession | None
    ) -> IssuerSession | None:
        self._reader.phase = Phase.VERIFY
        ca = self._bench.store.issuer_certificate(self._bench.production.card_ca_version)
        flow = steps.verify(self._version, card, ca, self._bench.now())
        drive(flow, self._reader, self._sam)
        self._advance(entry, State.VERIFIED, key_version=self._version)
        return None

    def _secure(
        self, entry: Entry, _card: CardData, _session: IssuerSession | None
    ) -> IssuerSession | None:
        self._reader.phase = Phase.SECURE
        session = drive(steps.open_card_manager(self._version), self._reader, self._sam)
        drive(steps.secure(session), self._reader)
        seen = drive(steps.observe(), self._reader)
        self._advance(entry, State.DONE, applet_version=seen.applet_version)
        return None

    def _certificate(self, card: CardData, point: bytes) -> bytes:
        """Certify the card's key for as long as the card is valid, its last day included."""
        numbers = card.numbers
        return issue_card_certificate(
            self._bench.store,
            point,
            numbers.card_number,
            numbers.card_serial,
            datetime.combine(numbers.effective, time(), UTC),
            datetime.combine(numbers.expiry + timedelta(days=1), time(), UTC)
            - timedelta(seconds=1),
            version=self._bench.production.card_ca_version,
        )

    # Saying

    def _advance(
        self,
        entry: Entry,
        state: State,
        *,
        key_version: int | None = None,
        applet_version: str | None = None,
    ) -> None:
        self._bench.journal.advance(
            entry,
            self._bench.owner,
            state,
            self._reader.traffic.counts,
            key_version=key_version,
            applet_version=applet_version,
        )

    def _uncertain(self, entry: Entry, error: UnicardError) -> CardResult:
        counts = self._reader.traffic.counts
        self._bench.journal.set_uncertain(entry, self._bench.owner, error.message, counts)
        return self._said(Outcome.UNCERTAIN, error, entry)

    def _spoiled(self, entry: Entry, error: UnicardError, *, has_data: bool) -> CardResult:
        self._bench.journal.spoil(entry, self._bench.owner, error.message, has_data=has_data)
        return self._said(Outcome.SPOILED, CardSpoiled(error.message), entry)

    def _said(
        self, outcome: Outcome, error: UnicardError | None = None, entry: Entry | None = None
    ) -> CardResult:
        return CardResult(
            outcome=outcome,
            reader=self._reader.name,
            chip=self._seen.chip.hex().upper() if self._seen else "",
            card_number=entry.card_number if entry else "",
            enrolment_id=entry.enrolment_id if entry else "",
            message=error.message if error else "",
            advice=_ADVICE.get(outcome) or (error.advice if error else ""),
            traffic=self._reader.traffic.counts,
        )


_Step = Callable[[_Visit, Entry, CardData, IssuerSession | None], IssuerSession | None]
_ALL: tuple[_Step, ...] = (
    _Visit._keys,
    _Visit._install,
    _Visit._data,
    _Visit._verify,
    _Visit._secure,
)
_FROM: Mapping[Verdict, tuple[_Step, ...]] = {
    Verdict.KEYS: _ALL,
    Verdict.INSTALL: _ALL[1:],
    Verdict.VERIFY: _ALL[3:],
    Verdict.SECURE: _ALL[4:],
}
_ADVICE = {
    Outcome.UNCERTAIN: "keep the card apart and put it back, or run the same command again: the "
    "station asks the card how far it came",
    Outcome.SPOILED: CardSpoiled.advice,
}


def _foreign(what: str) -> CardSetAside:
    return CardSetAside(f"this is {what}" if what.startswith("a card") else what)


def _may_have_data(seen: Observation, entry: Entry) -> bool:
    """Say whether the chip may hold the record's data, by its own word or by the journal's."""
    return seen.card_serial is not None or entry.state in (State.DATA_WRITTEN, State.VERIFIED)
