"""Plans as JSON documents (``applet_spec/formats/card-plan.schema.json``): written, read, compared.

The digest finds damage and edits by hand; it proves no author. That nothing else is sent than what
is written in the plan is held by making the plan anew and comparing both; what only follows from
its commands (bytes, times, sums) must follow from them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from applet_spec import Changed, ExitCode, UnicardError, spec
from host_lib.channel import SecurityLevel
from host_lib.plan import (
    INTERFACE_RATE,
    Answer,
    CardState,
    Effect,
    Occurs,
    Plan,
    PlannedCommand,
    SessionShape,
)

Json = dict[str, Any]
FORMAT, VERSION = "unicard-plan", 1
_SCHEMA = "card-plan.schema.json"


class PlanUnreadable(UnicardError):
    """A file is no plan, is damaged, or is of another version; no card was touched."""

    advice = "Make the plan again with --save-plan."


class PlanDoesNotFit(UnicardError):
    """Card, state or operation are not those of a plan; nothing was changed."""

    advice = "Make a new plan with --dry-run --save-plan, and look at it before it is applied."


def as_document(plan: Plan, saved: Plan | None = None) -> Json:
    """Return a plan as JSON-ready values, with what follows from it and its digest.

    Where one is being carried out (``saved``), `PlanDoesNotFit` is raised unless it is the same.
    """
    if saved is not None:
        require_same(saved, plan)
    totals = plan.totals
    content: Json = {
        "format": FORMAT,
        "version": VERSION,
        "contract": ".".join(str(part) for part in spec().version),
        "operation": plan.operation,
        "arguments": list(plan.arguments),
        "card": plan.card and _card(plan.card),
        "remarks": list(plan.remarks),
        "commands": [_command(command) for command in plan.commands],
        "totals": {
            "commands": totals.commands,
            "sent": totals.sent,
            "received": totals.received,
            "milliseconds": totals.milliseconds,
            "irreversible": totals.irreversible,
            "estimated": totals.estimated,
        },
        "interface_rate": INTERFACE_RATE,
    }
    return content | {"digest": digest(content)}


def digest(content: Json) -> str:
    """Return the SHA-256 of a document without its digest, in hexadecimal."""
    bare = {name: value for name, value in content.items() if name != "digest"}
    text = json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8")).hexdigest().upper()


def _card(card: CardState) -> Json:
    return {"chip_serial": card.chip_serial.hex().upper(), "state": dict(card.state)}


def _command(command: PlannedCommand) -> Json:
    session = command.session
    return {
        "phase": command.phase,
        "name": command.name,
        "note": command.note,
        "header": command.header.hex().upper(),
        "data_length": command.data_length,
        "data_digest": command.digest.hex().upper(),
        "le": command.le,
        "answer_length": command.answer_length,
        "answer": command.answer.value,
        "session": session
        and {
            "level": f"{session.level:02X}",
            "mac_length": session.mac_length,
            "sequence": session.sequence,
        },
        "effect": command.effect.value,
        "warning": command.warning,
        "occurs": command.occurs.value,
        "typical": command.typical,
        "sent": command.sent,
        "received": command.received,
        "milliseconds": round(command.milliseconds),
    }


def read_plan(path: Path) -> Plan:
    """Return the plan of a file. Raises `PlanUnreadable`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanUnreadable(
            f"{path} cannot be read: {error.strerror}",
            advice="Check the name of the file.",
            exit_code=ExitCode.USAGE,
        ) from error
    except ValueError as error:
        raise PlanUnreadable(f"{path} is no JSON file: {error}") from error
    return from_document(content, str(path))


def from_document(content: object, where: str) -> Plan:
    """Return the plan of a document; ``where`` names it in errors. Raises `PlanUnreadable`."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise PlanUnreadable(f"{where} is no plan")
    if content.get("version") != VERSION:
        raise PlanUnreadable(
            f"{where} is a plan of version {content.get('version')}; "
            f"this program reads version {VERSION}"
        )
    _check(content, where)
    if content["digest"] != digest(content):
        raise PlanUnreadable(f"{where} was changed after it was made: its digest does not fit")
    plan = _plan(content)
    if as_document(plan) != content:
        raise PlanUnreadable(
            f"{where} says of its commands what does not follow from them, or was made for another "
            "version of the contract"
        )
    return plan


def _plan(content: Json) -> Plan:
    card = content["card"]
    return Plan(
        operation=content["operation"],
        arguments=tuple(content["arguments"]),
        card=card and CardState(bytes.fromhex(card["chip_serial"]), tuple(card["state"].items())),
        commands=tuple(_parsed(command) for command in content["commands"]),
        remarks=tuple(content["remarks"]),
    )


def _check(content: Json, where: str) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    text = (files("applet_spec") / "formats" / _SCHEMA).read_text(encoding="utf-8")
    fault = best_match(Draft202012Validator(json.loads(text)).iter_errors(content))
    if fault is not None:
        place = fault.json_path.removeprefix("$").lstrip(".") or "the whole"
        raise PlanUnreadable(f"{where} is no plan: {place}: {fault.message}")


def _parsed(entry: Json) -> PlannedCommand:
    session = entry["session"]
    return PlannedCommand(
        name=entry["name"],
        note=entry["note"],
        header=bytes.fromhex(entry["header"]),
        data_length=entry["data_length"],
        digest=bytes.fromhex(entry["data_digest"]),
        le=entry["le"],
        answer_length=entry["answer_length"],
        answer=Answer(entry["answer"]),
        session=session
        and SessionShape(
            SecurityLevel(int(session["level"], 16)), session["mac_length"], session["sequence"]
        ),
        effect=Effect(entry["effect"]),
        typical=entry["typical"],
        warning=entry["warning"],
        occurs=Occurs(entry["occurs"]),
        phase=entry["phase"],
    )


def require_same(saved: Plan, now: Plan) -> None:
    """Compare a plan with the one that was made now, for the card that is in the reader.

    Raises `PlanDoesNotFit`, which says what differs; nothing has been changed then.
    """
    if (saved.operation, saved.arguments) != (now.operation, now.arguments):
        raise PlanDoesNotFit(f"the plan is for `{_words(saved)}`, and this is `{_words(now)}`")
    if saved.card is not None and now.card is not None:
        _require_same_card(saved.card, now.card)
    if saved != now:
        raise PlanDoesNotFit(
            f"the plan has other steps than this card needs now: {_first_difference(saved, now)}"
        )


@contextmanager
def carrying_out(saved: Plan) -> Iterator[None]:
    """Let an error that stops the carrying out of a plan say what is to be done then.

    Raises `PlanDoesNotFit` for a plan that was made without a card.
    """
    if saved.card is None:
        raise PlanDoesNotFit(
            "the plan was made without a card, so there is nothing that it could be carried out on",
            advice="Make a plan with the card in the reader: --dry-run --save-plan.",
        )
    try:
        yield
    except UnicardError as error:
        if error.changed is not Changed.NO:
            error.advice = " ".join(
                part
                for part in (
                    error.advice,
                    "The plan fits the card no longer: the same operation, typed without it, goes "
                    f"on from where the card stands (`{_words(saved)}`), or make a new plan.",
                )
                if part
            )
        raise


def _words(plan: Plan) -> str:
    return " ".join(("unicard", plan.operation, *plan.arguments))


def _require_same_card(saved: CardState, now: CardState) -> None:
    if saved.chip_serial != now.chip_serial:
        raise PlanDoesNotFit(
            f"the plan is for the card with chip serial {saved.chip_serial.hex().upper()}, "
            f"the one in the reader has {now.chip_serial.hex().upper()}",
            advice="Put in the card that the plan is for, or make a plan for this one.",
        )
    if saved.state != now.state:
        raise PlanDoesNotFit(
            f"the card has changed since the plan was made: it had {saved}, and has {now} now"
        )


def _first_difference(saved: Plan, now: Plan) -> str:
    for number, (old, new) in enumerate(zip(saved.commands, now.commands, strict=False), 1):
        if old != new:
            names = [
                one.name for one in fields(old) if getattr(old, one.name) != getattr(new, one.name)
            ]
            differing = " and ".join(name.replace("_", " ") for name in names)
            return f"step {number} is {old} there and {new} here, and differs in {differing}"
    if len(saved.commands) != len(now.commands):
        return f"it has {len(saved.commands)} steps, and {len(now.commands)} are needed"
    return "its remarks are others"
