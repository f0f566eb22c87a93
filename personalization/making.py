"""Making a card: the steps in their order, each with the journal's word that it was reached."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric import ec

from host_lib.drive import drive
from host_lib.flow.base import Flow
from host_lib.flow.planned import Guard
from host_lib.flow.session import IssuerSession, SessionTerms
from host_lib.flow.stages import terms_of_session
from keys_tool import issue_card_certificate
from keys_tool.sam import StoreSam
from personalization import steps
from personalization.bench import Bench
from personalization.decision import Verdict
from personalization.errors import CardSpoiled
from personalization.journal_rows import Entry
from personalization.journal_schema import State
from personalization.metering import MeteredReader, Phase
from personalization.visit_plan import planned_card

R = TypeVar("R")


class Making:
    """One record's card in the making. The journal is written before each step that changes it."""

    def __init__(
        self,
        bench: Bench,
        reader: MeteredReader,
        sam: StoreSam,
        entry: Entry,
        terms: SessionTerms,
    ) -> None:
        self._bench = bench
        self._reader = reader
        self._sam = sam
        self._terms = terms
        self._entry = entry
        self._card = bench.production.card_of(entry)
        self._version = bench.production.issuer_version
        self._plan = planned_card(bench.production, bench.store, self._card, terms)
        self._guard = Guard(())

    def go_on(self, verdict: Verdict, session: IssuerSession | None = None) -> None:
        """Do every step from the one that the verdict names to the last, and nothing else.

        ``session`` is the transport keys' where one is open. Raises what the card and the way to
        it raise, and the errors of store, journal and production file; `DiffersFromPlan` instead
        of sending what is not in the plan for the state that the card was found in.
        """
        known = session or self._asked(verdict)
        if known is not None:
            self._terms = terms_of_session(known)
        self._plan = replace(
            self._plan, terms=self._terms, verdict=verdict, open=session is not None
        )
        self._guard = Guard(self._plan.commands())
        self._steps(verdict, session)
        self._guard.finish()

    def _asked(self, verdict: Verdict) -> IssuerSession | None:
        """Open a session where nothing else tells which options the card has: a plan needs them."""
        if self._terms.i is not None:
            return None
        version = self._terms.blank_version if verdict is Verdict.KEYS else self._version
        return drive(steps.open_card_manager(version, self._terms), self._reader, self._sam)

    def _steps(self, verdict: Verdict, session: IssuerSession | None) -> None:
        if verdict is Verdict.KEYS:
            self._keys(session)
        for step in _AFTER_KEYS[verdict]:
            step(self)

    def _keys(self, session: IssuerSession | None) -> None:
        self._reader.phase = Phase.KEYS
        if session is None:
            session = self._driven(steps.open_blank(self._terms))
        self._driven(steps.put_issuer_keys(session, self._version))

    def _install(self) -> None:
        """Prove the new keys; only then the journal says that they are changed."""
        self._reader.phase = Phase.INSTALL
        session = self._opened(steps.open_card_manager)
        self._advance(State.KEYS_CHANGED, key_version=self._version)
        self._driven(steps.install_if_absent(session))

    def _data(self) -> None:
        self._reader.phase = Phase.DATA
        session = self._opened(steps.open_application)
        point = self._driven(steps.make_key_pair(session))
        _check_point(point)
        certificate = self._certificate(point)
        self._guard.revise(replace(self._plan, certificate=len(certificate)).commands())
        keys = self._bench.production.keys
        receipt = self._bench.store.receipt_key(keys.receipt, self._card.numbers.card_serial)
        self._driven(steps.write_data(session, self._card, certificate, keys, receipt))
        self._advance(State.DATA_WRITTEN)

    def _verify(self) -> None:
        self._reader.phase = Phase.VERIFY
        ca = self._bench.store.issuer_certificate(self._bench.production.card_ca_version)
        keys, now = self._bench.production.keys, self._bench.now()
        flow = steps.verify(self._version, self._card, keys, ca, now, self._terms)
        self._driven(flow)
        self._advance(State.VERIFIED, key_version=self._version)

    def _secure(self) -> None:
        self._reader.phase = Phase.SECURE
        session = self._opened(steps.open_card_manager)
        self._driven(steps.secure(session))
        seen = self._driven(steps.observe())
        self._advance(State.DONE, applet_version=seen.applet_version)

    def _opened(self, opening: Callable[[int, SessionTerms], Flow[IssuerSession]]) -> IssuerSession:
        return self._driven(opening(self._version, self._terms))

    def _driven(self, flow: Flow[R]) -> R:
        return drive(self._guard.over(flow), self._reader, self._sam)

    def _certificate(self, point: bytes) -> bytes:
        """Certify the card's key for as long as the card is valid, its last day included."""
        numbers = self._card.numbers
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

    def _advance(
        self, state: State, *, key_version: int | None = None, applet_version: str | None = None
    ) -> None:
        self._bench.journal.advance(
            self._entry,
            self._bench.owner,
            state,
            self._reader.traffic.counts,
            key_version=key_version,
            applet_version=applet_version,
        )


def _check_point(point: bytes) -> None:
    """Raise `CardSpoiled` for a public key that no card with a key pair gives: its own fault."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise CardSpoiled("the card's public key is no point on P-256") from None


_INSTALL_AND_AFTER = (Making._install, Making._data, Making._verify, Making._secure)
_AFTER_KEYS: Mapping[Verdict, Iterable[Callable[[Making], None]]] = {
    Verdict.KEYS: _INSTALL_AND_AFTER,
    Verdict.INSTALL: _INSTALL_AND_AFTER,
    Verdict.VERIFY: _INSTALL_AND_AFTER[2:],
    Verdict.SECURE: _INSTALL_AND_AFTER[3:],
}
