"""Names, life cycle, sessions, roles and limits."""

from collections.abc import Iterator

from applet_spec.model import Spec
from applet_spec.sections.markdown import Read, and_list, byte, code, link, table

LIMITS = {
    "command_data": "bytes of data in a command",
    "secured_data": "bytes of data in a command of a session, before padding and C-MAC",
    "object_part": "bytes of a long object in one answer",
    "key_sets": "key sets of the issuer security domain",
    "key_version_min": "least version that PUT KEY takes",
    "key_version_max": "greatest version that PUT KEY takes",
    "applications": "installed applications",
    "load_files": "load files besides the card's own",
    "load_file_bytes": "bytes of all these load files",
    "issuer_data": "bytes of the issuer identification number and of the card image number",
    "pin_digits_min": "digits of a PIN, least",
    "pin_digits_max": "digits of a PIN, most",
    "pin_tries": "wrong PINs that block the PIN",
    "finger_tries": "wrong fingers that suspend the card",
    "finger_minutiae": "minutiae in a finger template",
    "fingers": "finger templates",
    "services": "records in the service table",
    "role_limits": "role limits in a purse",
    "role_session_commands": "commands that one role session takes",
    "log_records": "transactions in the log",
    "commit_bytes": "bytes that one transaction of the card's memory commits",
    "atomic_object_bytes": "bytes of the largest object written inside such a transaction",
    "amount": "largest amount, in a service's units",
}
"""What each limit counts."""


def names(spec: Spec, read: Read) -> Iterator[str]:
    """Write the application's names and the form of the card number."""
    yield "## Names"
    rows = [
        ("issuer security domain", code(spec.aids.isd.hex().upper())),
        ("package (load file)", code(spec.aids.package.hex().upper())),
        ("module", code(spec.aids.module.hex().upper())),
        ("application (instance)", code(spec.aids.instance.hex().upper())),
    ]
    yield table(["what", "AID"], rows)
    number = read("card")["card_number"]
    yield (
        f"A card number has {number['digits']} digits, begins with {number['prefix']} and ends "
        f"with a check digit ({number['check_digit']}). {number['note']}"
    )
    money = spec.currency
    yield (
        f"Money is counted in {money.alpha} (ISO 4217 number {money.numeric}), in its smallest "
        f"unit: {10**money.minor_digits} {money.minor_name}s make one {money.alpha}."
    )


def life_cycle(spec: Spec, _read: Read) -> Iterator[str]:
    """Write the states of the application."""
    yield "## Life cycle"
    yield "The code stands in the SELECT answer and in the card manager's GET STATUS."
    rows = [(s.name, byte(s.code), s.works, s.leaves_by) for s in spec.states.values()]
    yield table(["state", "code", "what works", "left by"], rows)


def card_life_cycle(spec: Spec, _read: Read) -> Iterator[str]:
    """Write the states of the card and of its content."""
    yield "## Life cycle of the card"
    yield f"GET STATUS answers the code, {link('Card manager SET STATUS')} leads on."
    rows = [
        (s.name, byte(s.code), s.works, and_list(n for n in spec.card_states if n in s.next))
        for s in spec.card_states.values()
    ]
    yield table(["state", "code", "what works", "leads to"], rows)
    yield (
        f"The registry gives load files and applications states too; bit {byte(spec.lock_bit)} is "
        "added to that of a locked application."
    )
    yield table(
        ["state", "code", "of"],
        [(s.name, byte(s.code), s.text) for s in spec.content_states.values()],
    )


def sessions(spec: Spec, read: Read) -> Iterator[str]:
    """Write what the secure channel looks like."""
    channel, limits = spec.secure_channel, spec.limits
    yield "## Sessions"
    yield (
        f"A session is a secure channel SCP{channel.protocol:02X} (GlobalPlatform Card "
        f"Specification, Amendment D) with i = {byte(channel.i)}: challenges, cryptograms and MACs "
        f"of {channel.mac_length} bytes, a random card challenge, R-MAC and R-ENC. It is opened by "
        f"{link('INITIALIZE UPDATE')} and {link('EXTERNAL AUTHENTICATE')}, whose P1 is the "
        "security level."
    )
    rows = [
        ("offered in issuer sessions", and_list(byte(x) for x in sorted(channel.issuer_levels))),
        (
            "needed by whatever the application writes",
            f"{byte(channel.write_level)} (C-MAC and C-ENC) or more",
        ),
        ("needed by the card manager", "any"),
        (
            "needed to read in a session what is not for everyone",
            f"{byte(channel.read_level)} (with R-ENC)",
        ),
        ("the only one of role sessions", byte(channel.daily_level)),
        ("for daily use", f"{byte(channel.daily_level)} (C-MAC, C-ENC, R-MAC, R-ENC)"),
    ]
    yield table(["level", ""], rows)
    yield (
        "Inside a session every command has CLA bit `04` set, carries its C-MAC and is taken "
        f"with Le = {byte(0)} and without Le alike. Its data may be {limits['secured_data']} bytes "
        f"long, {limits['command_data']} outside. SELECT and INITIALIZE UPDATE are sent in clear "
        "and end the session."
    )
    yield "### Other values of i"
    yield (
        "A card may have another i; it says so in the answer of INITIALIZE UPDATE and in the card "
        "data (66). Host and card do what its bits announce."
    )
    entry = read("card")["secure_channel"]
    yield table(
        ["bit of i", "name", "announces"],
        [(code(bit["bit"]), bit["name"], bit["text"]) for bit in entry["i_bits"]],
    )
    yield table(
        ["level", "protects", "needs in i"],
        [(code(row["level"]), row["text"], code(row["needs"])) for row in entry["levels"]],
    )
    yield (
        "A pseudo-random card challenge is derived as the session keys are (constant 02) from the "
        "key set's ENC key; the context is the sequence counter "
        f"({channel.sequence_counter_length} bytes) and the AID of what is selected."
    )


def roles(spec: Spec, _read: Read) -> Iterator[str]:
    """Write the roles of terminals."""
    yield "## Roles"
    rows = [(r.role, r.name, r.held_by, r.may) for r in spec.roles.values()]
    yield table(["role", "name", "keys held by", "may"], rows)


def limits(spec: Spec, _read: Read) -> Iterator[str]:
    """Write the limits."""
    yield "## Limits"
    yield table(["limit", "what it counts"], ((spec.limits[n], LIMITS[n]) for n in spec.limits))
