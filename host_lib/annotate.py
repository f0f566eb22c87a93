"""A trace in words: which command of the contract each exchange was, and what its answer means."""

from collections.abc import Iterable, Iterator

from applet_spec import CommandSpec, spec
from applet_spec.model import Variant
from host_lib.roles import role_name, role_slot
from host_lib.trace import TraceLine

_HEADER = 8
_SECURE_MESSAGING = 0x04
_SELECT = 0xA4
_OPERATIONS = "operations"
_OPERATION = 12


def annotate(lines: Iterable[TraceLine]) -> Iterator[str]:
    """Yield a line of text for each event; secret bytes stay stars, as the trace has them.

    Whether the card manager or the application answers is followed through the SELECT commands.
    """
    book = spec().card_manager
    for line in lines:
        if line.command is None:
            book = spec().card_manager
            yield f"{line.number:4} reset, ATR {(line.atr or b'').hex().upper()}"
            continue
        if int(line.command[2:4], 16) == _SELECT and _succeeded(line):
            application = spec().aids.instance.hex().upper() in line.command
            book = spec().commands if application else spec().card_manager
        contract = _find(book.values(), line.command)
        told = _command(contract, line.command, line.plain)
        yield f"{line.number:4} {told} -> {_answer(contract, line)}"


def _find(book: Iterable[CommandSpec], command: str) -> CommandSpec | None:
    cla, ins = int(command[:2], 16) & ~_SECURE_MESSAGING, int(command[2:4], 16)
    return next((c for c in book if (c.cla & ~_SECURE_MESSAGING, c.ins) == (cla, ins)), None)


def _succeeded(line: TraceLine) -> bool:
    return line.answer is not None and line.answer[-2:] in (b"\x90\x00", b"\x62\x85")


def _command(contract: CommandSpec | None, command: str, plain: str | None) -> str:
    if contract is None:
        return f"unknown command {command}"
    p1, p2 = command[4:6], command[6:8]
    data = _data(command)
    if plain is not None:
        shown = f"{len(data) // 2} protected bytes: {_fields(contract, p1, p2, _data(plain))}"
    elif int(command[:2], 16) & _SECURE_MESSAGING:
        shown = f"{len(data) // 2} protected bytes" if data else ""
    else:
        shown = _fields(contract, p1, p2, data)
    role = _role(contract, p1)
    return " ".join(part for part in (contract.name, f"P1 {p1} P2 {p2}", role, shown) if part)


def _role(contract: CommandSpec, p1: str) -> str:
    """Name the role of a key version with which a session of the application is asked for."""
    if contract.target != "application" or all(v.p1 != "KVN" for v in contract.variants):
        return ""
    try:
        role, slot = role_slot(int(p1, 16))
    except ValueError:
        return ""
    return f"({role_name(role)}, {slot.value})"


def _data(command: str) -> str:
    """Return the command data of a short command as the trace shows it."""
    body = command[_HEADER:]
    return body[2 : 2 + 2 * int(body[:2], 16)] if len(body) > 2 else ""


def _fields(contract: CommandSpec, p1: str, p2: str, data: str) -> str:
    """Name the fields of the data where the contract gives them fixed lengths, the last perhaps."""
    variant = _variant(contract, p1, p2, len(data) // 2)
    if variant is None or not all(field.length.isdigit() for field in variant.data[:-1]):
        return data
    shown: list[str] = []
    for field in variant.data:
        size = 2 * int(field.length) if field.length.isdigit() else len(data)
        if field.name == _OPERATIONS:
            shown += _operations(data[:size])
        elif data[:size] or field.length.isdigit():
            shown.append(f"{field.name} {data[:size]}")
        data = data[size:]
    return ", ".join(shown)


def _operations(data: str) -> Iterator[str]:
    """Tell what a transaction asks for: ``debit 20 of service 2``; a reverse has neither."""
    names = {code: name for name, code in spec().transactions.operations.items()}
    for at in range(0, len(data), _OPERATION):
        code, service, amount = (
            int(data[at + start : at + end], 16) for start, end in ((0, 2), (2, 4), (4, 12))
        )
        name = names.get(code, f"operation {code:02X}")
        yield f"{name} {amount} of service {service}" if service else name


def _variant(contract: CommandSpec, p1: str, p2: str, size: int) -> Variant | None:
    for variant in contract.variants:
        length = variant.length()
        fits = variant.p1 in (p1, "KVN", "level") and variant.p2 in (p2, "block")
        if fits and length is not None and size in length:
            return variant
    return None


def _answer(contract: CommandSpec | None, line: TraceLine) -> str:
    if line.answer is None:
        return f"{line.error}: {line.message}"
    sw, size = int.from_bytes(line.answer[-2:], "big"), len(line.answer) - 2
    word = contract.meaning(sw) if contract else None
    meaning = f" ({word.told(sw)})" if word else ""
    data = f"{size} bytes, " if size else ""
    return f"{data}{sw:04X}{meaning}"
