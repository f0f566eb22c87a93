"""What a station would do with the card that is in its reader, found out by reading only."""

from dataclasses import dataclass, replace

from applet_spec import spec
from host_lib.drive import drive
from host_lib.flow.session import PLAIN_TERMS, SessionTerms
from host_lib.plan import CardState, Plan
from host_lib.reader import Reader
from keys_tool import KeyStore, Purpose
from keys_tool.purpose import AES_LENGTHS
from personalization import steps
from personalization.bench import Bench
from personalization.card_data import CardData
from personalization.decision import Observation, Says, Verdict, decide, what_it_says
from personalization.errors import CardSetAside, RecordNotFound
from personalization.journal_rows import Entry
from personalization.journal_schema import State
from personalization.plan import CardPlan
from personalization.production import Production

OPERATION = "personalize run"
_UNTIL_SIGNED = (
    "The card certificate stands with its usual length; once the card has made its key and the "
    "certificate is signed, the last blocks are planned with its own."
)
_WITHOUT_CARD = (
    "Made without a card, so nothing can be applied: `unicard personalize run` holds each card to "
    "such a plan."
)
_GOES_ON = frozenset((Verdict.TAKE, Verdict.KEYS, Verdict.INSTALL, Verdict.VERIFY, Verdict.SECURE))


def planned_card(
    production: Production, store: KeyStore, card: CardData, terms: SessionTerms = PLAIN_TERMS
) -> CardPlan:
    """Return the plan of a whole card, from its blank state on.

    Raises `KeyNotFound` where the store lacks a key of the batch, so before a card is written.
    """
    production.keys.require(store)
    version = production.issuer_version
    length = AES_LENGTHS[store.info(Purpose.ISSUER, version).algorithm]
    return CardPlan(card, production.keys, version, length, terms)


def plan_of_record(
    production: Production, store: KeyStore, card_number: str, words: tuple[str, ...]
) -> Plan:
    """Return the plan for one record, made without a card: for a blank one of the contract's kind.

    ``words`` follow `unicard personalize plan`. Raises `RecordNotFound`.
    """
    card = production.find(card_number)
    commands = planned_card(production, store, card).commands()
    return Plan("personalize plan", words, None, commands, (_WITHOUT_CARD, _UNTIL_SIGNED))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a station would do: the decision table's word, and for which record."""

    seen: Observation
    says: Says
    verdict: Verdict
    entry: Entry

    @property
    def state(self) -> CardState:
        """What the plan depends on."""
        return CardState(
            self.seen.chip,
            (
                ("card says", self.says.value),
                ("journal says", self.entry.state.value),
                ("decision", self.verdict.value),
                ("card number", self.entry.card_number),
            ),
        )


_OTHER_TYPE = (
    "nothing was written to it: `unicard card probe` says what the card offers; use cards of "
    "another type"
)


def unfit(level: int) -> CardSetAside | None:
    """Return why a card whose sessions reach this level cannot be verified once it is written."""
    least = spec().secure_channel.read_level
    if level & least == least:
        return None
    return CardSetAside(
        f"sessions with a card of this type reach level {level:02X}, and reading back what is "
        f"written needs {least:02X}",
        advice=_OTHER_TYPE,
    )


def plan_visit(bench: Bench, reader: Reader, words: tuple[str, ...]) -> Plan:
    """Return the plan for the card in a reader; neither card nor journal are written.

    ``words`` follow `unicard personalize run`. Errors as of `plan_for`.
    """
    with reader.exclusive():
        seen = drive(steps.observe(reader.atr), reader)
    return plan_for(bench, seen, words)


def plan_for(bench: Bench, seen: Observation, words: tuple[str, ...]) -> Plan:
    """Return the plan for a card that was found so.

    Raises `CardSetAside` for a card that a station would not write to, `RecordNotFound` where no
    record waits.
    """
    found = _foreseen(bench, seen)
    if found.verdict is Verdict.TAKE and seen.terms.level is not None:
        why = unfit(seen.terms.level)
        if why is not None:
            raise why
    card = bench.production.card_of(found.entry)
    plan = replace(
        planned_card(bench.production, bench.store, card, seen.terms), verdict=found.verdict
    )
    return Plan(OPERATION, words, found.state, plan.commands(), (_UNTIL_SIGNED,))


def _foreseen(bench: Bench, seen: Observation) -> Foreseen:
    chip = bench.journal.chip(seen.chip)
    version = bench.production.issuer_version
    if chip is None:
        says = what_it_says(seen, version, None)
        found = Foreseen(seen, says, decide(None, says), _next_record(bench))
    elif chip.batch != bench.production.id:
        raise CardSetAside(f"this is a card of batch {chip.batch.hex().upper()}")
    else:
        entry = bench.journal.entry(chip.record)
        says = what_it_says(seen, version, entry.card_serial)
        state = entry.reached if entry.state is State.UNCERTAIN else entry.state
        verdict = Verdict.SPOILED if chip.spoiled else decide(state, says)
        found = Foreseen(seen, says, verdict, entry)
    if found.verdict not in _GOES_ON:
        raise CardSetAside(
            f"a station would write nothing to this card: {found.verdict.value}; "
            f"the card says {found.says.value!r}, the journal {found.entry.state.value!r}"
        )
    return found


def _next_record(bench: Bench) -> Entry:
    for entry in bench.journal.entries(bench.production.id):
        if entry.state is State.WAITING:
            return entry
    raise RecordNotFound(
        "no record waits for a card", advice="See `unicard personalize status FILE`."
    )
