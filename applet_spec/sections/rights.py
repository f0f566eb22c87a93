"""The rights matrix: what each role may do, and what it is answered otherwise."""

from collections.abc import Iterator, Sequence

from applet_spec.model import Spec
from applet_spec.rights import ACTORS, Act, Actor, Verified, acts, answer, states
from applet_spec.sections.markdown import Read, code, table

_DONE = 0x9000
_NOT_ALLOWED = 0x6982
_WAYS = {
    Verified.NOTHING: "yes",
    Verified.PIN: "PIN",
    Verified.FINGER: "finger",
}


def rights(spec: Spec, _read: Read) -> Iterator[str]:
    """Write who may do what in the state ACTIVE, and what other states answer."""
    yield "## By role"
    yield (
        "In the state ACTIVE: **yes** without verification, **PIN** or **finger** after it, which "
        f"never harms, else the status word; blank is {code('6982')}. "
        "Columns are the roles in their sessions, the issuer in a session at level 33, and nobody. "
        "Amounts are 1 where none is named, balances suffice, and the card is not finger-exempt."
    )
    columns = tuple(_columns(spec))
    yield table(
        ["act", *(name for name, _ in columns)],
        ([act.name, *(_cell(spec, who[0], act) for _, who in columns)] for act in acts(spec)),
    )
    yield "## By state"
    yield (
        "The same acts by whoever may do them in the state ACTIVE, or is refused there for another "
        f"reason than rights ({code('6982')}), with PIN and finger verified where the state takes "
        "them. **expired** is ACTIVE, with a date after the last day. "
        "Sessions of roles open in every state but BLANK and TERMINATED, the issuer's in every one "
        "but TERMINATED. The first transaction of all needs PIN or finger, whatever it is."
    )
    names = states(spec)
    yield table(
        ["act", *names],
        ([act.name, *(_by_state(spec, act, name) for name in names)] for act in acts(spec)),
    )


def _columns(spec: Spec) -> Iterator[tuple[str, Sequence[Actor]]]:
    """Yield a heading and those who have the same rights under it."""
    named = [role.role for role in spec.roles.values()]
    for role in spec.roles.values():
        yield f"{role.role:X} {role.name}", [role.role]
    others = [who for who in ACTORS if isinstance(who, int) and who not in named]
    yield f"{others[0]:X} to {others[-1]:X}", others
    yield "issuer", ["issuer"]
    yield "nobody", ["nobody"]


def _cell(spec: Spec, actor: Actor, act: Act) -> str:
    ways = [
        text
        for verified, text in _WAYS.items()
        if answer(spec, actor, act, verified, "ACTIVE") == _DONE
    ]
    if ways:
        return "yes" if "yes" in ways else " or ".join(ways)
    words = {answer(spec, actor, act, verified, "ACTIVE") for verified in _WAYS}
    words |= {answer(spec, actor, act, Verified.PIN | Verified.FINGER, "ACTIVE")}
    if words == {_NOT_ALLOWED}:
        return ""
    both = _DONE in words
    return "PIN and finger" if both else code(f"{max(words):04X}")


def _by_state(spec: Spec, act: Act, state: str) -> str:
    verified = Verified.PIN | Verified.FINGER
    in_use = {who: answer(spec, who, act, verified, "ACTIVE") for who in ACTORS}
    able = [who for who, word in in_use.items() if word == _DONE]
    able = able or [who for who, word in in_use.items() if word != _NOT_ALLOWED]
    words = {answer(spec, who, act, verified, state) for who in able}
    return "yes" if words == {_DONE} else ", ".join(code(f"{word:04X}") for word in sorted(words))
