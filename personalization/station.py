"""A station: takes the card that is in a reader and brings it as far as it can be brought.

The journal is written before each step that changes the card, and read, with the decision table,
before the first. What a lost answer leaves open is not repeated: the card is set aside as
uncertain, and asked when it comes back. No failed authentication is tried again.
"""

from applet_spec import UnicardError
from host_lib.drive import drive
from host_lib.errors import (
    CardChallengeError,
    CardCryptogramError,
    DiversificationError,
    ProtocolError,
    ReaderError,
    SecureMessagingError,
    SessionNotOffered,
)
from host_lib.flow.genuine import NotGenuine
from host_lib.flow.session import PLAIN_TERMS, IssuerSession
from host_lib.plan_file import require_same
from host_lib.reader import Reader
from host_lib.refusals import (
    AuthenticationFailed,
    CardFailure,
    Refused,
    SecurityStatusNotSatisfied,
)
from keys_tool.errors import CertificateError, CertificateRequestInvalid
from keys_tool.sam import StoreSam
from personalization import steps
from personalization.bench import Bench
from personalization.decision import Observation, Says, Verdict, decide, what_it_says
from personalization.errors import CardInTheMaking, CardSetAside, CardSpoiled
from personalization.journal_rows import Chip, Entry
from personalization.journal_schema import State
from personalization.making import Making
from personalization.metering import MeteredReader, Phase
from personalization.outcome import CardResult, Outcome
from personalization.visit_plan import plan_for, unfit

__all__ = ["Bench", "personalize"]

_UNCERTAIN = (
    *(ReaderError, ProtocolError, SecureMessagingError, CardFailure),
    *(CardCryptogramError, AuthenticationFailed, SecurityStatusNotSatisfied),
    *(CardChallengeError, DiversificationError, SessionNotOffered),
)
"""The answer is lost or cannot be trusted, or the keys do not fit: the card may be anything."""
_USED = (Says.PERSONALIZED, Says.IN_USE, Says.OTHER_SERIAL, Says.TERMINATED)
"""What a chip that the journal does not know says when it was somebody's card already."""
_SPOILING = (CardSpoiled, NotGenuine, CertificateError, Refused)
"""The card says no, or shows that it did not keep what it confirmed."""


def personalize(bench: Bench, reader: Reader) -> CardResult:
    """Bring the card in a reader as far as it can be brought, and say how far that was.

    What is wrong with a card is in the result. Errors of store, journal or production file are
    raised: then a record that was begun stays as it is, for the next station, and the error is a
    `CardInTheMaking`. Where a plan is carried out and does not fit the card, `PlanDoesNotFit` is
    raised before anything is written.
    """
    visit = _Visit(bench, reader)
    try:
        return visit.result()
    except UnicardError as error:
        if not visit.began:
            raise
        raise CardInTheMaking(
            f"{error.message}; a card was in the making",
            advice="; ".join(part for part in (error.advice, CardInTheMaking.advice) if part),
        ) from error


class _Visit:
    """One card at the station."""

    def __init__(self, bench: Bench, reader: Reader) -> None:
        self._bench = bench
        self._reader = MeteredReader(reader)
        self._sam = StoreSam(bench.store, bench.transport)
        self._version = bench.production.issuer_version
        self._seen: Observation | None = None
        self.began = False
        """Whether the journal says that a card is in the making here."""

    def result(self) -> CardResult:
        try:
            with self._reader.exclusive():
                return self._looked_at()
        except ReaderError as error:
            # Only the way to the card fails here: whatever begins on a card handles its own.
            return self._said(Outcome.SET_ASIDE, error)

    def _looked_at(self) -> CardResult:
        try:
            seen = self._seen = drive(steps.observe(self._reader.atr), self._reader)
        except (ReaderError, ProtocolError, SecureMessagingError, Refused) as error:
            return self._said(Outcome.SET_ASIDE, error)
        if (saved := self._bench.saved) is not None:
            require_same(saved, plan_for(self._bench, seen, saved.arguments))
        chip = self._bench.journal.chip(seen.chip)
        return self._new_chip(seen) if chip is None else self._known_chip(seen, chip)

    # Deciding

    def _new_chip(self, seen: Observation) -> CardResult:
        says = what_it_says(seen, self._version, None)
        if decide(None, says) is not Verdict.TAKE:
            what = f"this is a card with {says.value}"
            return self._said(Outcome.SET_ASIDE, CardSetAside(what), used=says in _USED)
        self._reader.phase = Phase.KEYS
        try:
            session = drive(steps.open_blank(seen.terms), self._reader, self._sam)
        except (*_UNCERTAIN, Refused) as error:
            return self._said(Outcome.SET_ASIDE, error)
        if (why := unfit(session.channel.level)) is not None:
            return self._said(Outcome.SET_ASIDE, why)
        bench = self._bench
        entry = bench.journal.take(bench.production.id, seen.chip, bench.owner, self._reader.name)
        if entry is None:
            return self._said(Outcome.LEFT)
        self.began = True
        return self._make(entry, Verdict.KEYS, session)

    def _known_chip(self, seen: Observation, chip: Chip) -> CardResult:
        if chip.batch != self._bench.production.id:
            what = f"this is a card of batch {chip.batch.hex().upper()}"
            return self._said(Outcome.SET_ASIDE, CardSetAside(what), used=True)
        entry = self._bench.journal.entry(chip.record)
        if chip.spoiled:
            error = CardSpoiled(f"spoiled before: {chip.spoiled}")
            return self._said(Outcome.SPOILED, error, used=True)
        state = entry.reached if entry.state is State.UNCERTAIN else entry.state
        says = what_it_says(seen, self._version, entry.card_serial)
        verdict = decide(state, says)
        what = f"the card says {says.value!r}, and the journal {entry.state.value!r}"
        if verdict is Verdict.ALREADY_DONE:
            return self._said(Outcome.ALREADY_DONE, entry=entry)
        if verdict is Verdict.OTHER_CARD or entry.state is State.DONE:
            return self._said(Outcome.SET_ASIDE, CardSetAside(what, advice=_LOOK_INTO_IT), entry)
        entry = self._bench.journal.resume(entry.id, self._bench.owner, self._reader.name)
        self.began = True
        self._reader.traffic.add(entry.traffic)
        if verdict is Verdict.UNCERTAIN:
            return self._uncertain(entry, CardSetAside(what))
        if verdict is Verdict.SPOILED:
            return self._spoiled(entry, CardSpoiled(what))
        return self._make(entry, verdict)

    # Making

    def _make(
        self, entry: Entry, verdict: Verdict, session: IssuerSession | None = None
    ) -> CardResult:
        try:
            terms = self._seen.terms if self._seen else PLAIN_TERMS
            making = Making(self._bench, self._reader, self._sam, entry, terms)
            making.go_on(verdict, session)
        except _UNCERTAIN as error:
            return self._uncertain(entry, error)
        except CertificateRequestInvalid:
            raise
        except _SPOILING as error:
            return self._spoiled(entry, error)
        return self._said(Outcome.ISSUED, entry=entry)

    # Saying

    def _uncertain(self, entry: Entry, error: UnicardError) -> CardResult:
        counts = self._reader.traffic.counts
        self._bench.journal.set_uncertain(entry, self._bench.owner, error.message, counts)
        return self._said(Outcome.UNCERTAIN, error, entry)

    def _spoiled(self, entry: Entry, error: UnicardError) -> CardResult:
        has_data = _may_have_data(self._seen, entry, self._reader.phase)
        self._bench.journal.spoil(entry, self._bench.owner, error.message, has_data=has_data)
        return self._said(Outcome.SPOILED, CardSpoiled(error.message), entry)

    def _said(
        self,
        outcome: Outcome,
        error: UnicardError | None = None,
        entry: Entry | None = None,
        *,
        used: bool = False,
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
            used=used,
        )


_LOOK_INTO_IT = (
    "keep the card apart and look into it: `unicard personalize status FILE --card NUMBER` shows "
    "what the journal knows of its record"
)
_ADVICE = {
    Outcome.UNCERTAIN: "keep each uncertain card apart; run the same command again with it in the "
    "reader or in the box: the station asks the card how far it came, and finishes it",
    Outcome.SPOILED: CardSpoiled.advice,
}


def _may_have_data(seen: Observation | None, entry: Entry, phase: Phase) -> bool:
    """Say whether the chip may hold the record's data: then the record goes onto no other.

    By the card's own word; by what this visit did; and by ``entry``, the record as it was when the
    visit began: behind `State.KEYS_CHANGED` data may follow at once, so a card that was interrupted
    there may hold some, whatever it says now.
    """
    says_so = seen is not None and (seen.card_serial or seen.state not in (None, "BLANK"))
    done_now = phase not in (Phase.IDENTIFY, Phase.KEYS, Phase.INSTALL)
    return bool(says_so) or done_now or entry.state is not State.LEASED
