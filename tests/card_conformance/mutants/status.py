"""A wrong status word for each refusal that the contract lists."""

from collections.abc import Iterator

from applet_spec import CommandSpec, spec
from tests.card_conformance.mutants.base import Mutant, Wire, status_of


def wrong_status(command: CommandSpec, right: int, wrong: int) -> Wire:
    def change(sent: bytes, answer: bytes) -> bytes:
        ours = len(sent) > 3 and sent[1] == command.ins
        return wrong.to_bytes(2, "big") if ours and status_of(answer) == right else answer

    return change


_SHOWN = {n for n, r in spec().requirements.items() if not r.draft and not r.shown_elsewhere}


_OTHER = {0x6982: 0x6985, 0x6985: 0x6A86, 0x6A80: 0x6A88, 0x6A88: 0x6A80, 0x6A86: 0x6A80}


_CASES = {
    # Where a status word common to all commands is looked for.
    "GEN-01": ("GET DATA", 0x6881),
    "GEN-02": ("GET DATA", 0x6884),
    "GEN-03": ("GET DATA", 0x6E00),
    "GEN-05": ("VERIFY", 0x6985),
    "GEN-06": ("VERIFY", 0x6A86),
    "GEN-07": ("VERIFY", 0x6700),
    "GEN-08": ("GET DATA PART", 0x6A80),
    "SM-01": ("GET DATA", 0x6982),
}


def status_mutants() -> Iterator[Mutant]:
    """Yield a mutant for each refusal that the contract lists for a command."""
    for book in (spec().commands, spec().card_manager):
        for command in book.values():
            for word in command.status:
                own = word.requirement in _SHOWN and not word.requirement.startswith(("GEN", "SM"))
                if own and not word.pattern.startswith(("90", "63C")) and not command.draft:
                    yield _status_mutant(command, word.requirement, int(word.pattern, 16))
    for requirement, (name, right) in _CASES.items():
        yield _status_mutant(spec().commands[name], requirement, right)


def _status_mutant(command: CommandSpec, requirement: str, right: int) -> Mutant:
    wrong = _OTHER.get(right, 0x6F00)
    name = f"{command.target} {command.name} answers {wrong:04X} for {right:04X}"
    return Mutant(name, requirement, wire=wrong_status(command, right, wrong))
