"""Reads the JSON files of ``data/`` into one frozen ``Spec``.

The files are part of the package and checked by ``applet_spec.check`` in the test run, so loading
neither imports a schema library nor repeats its checks: a malformed file raises ``SpecError``.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from applet_spec import model
from applet_spec.errors import Changed, UnicardError

Json = dict[str, Any]
Target = Literal["application", "card manager"]


class SpecError(UnicardError):
    """The contract's own files are missing, malformed or contradict each other."""

    advice = "Reinstall the package, or run 'unicard spec check' if you changed the files."


def read_data(name: str) -> Json:
    """Return the parsed content of ``data/NAME.json``. Raises SpecError."""
    return read_json("data", f"{name}.json")


def read_json(folder: str, file: str) -> Json:
    """Return the parsed content of a file of this package. Raises SpecError."""
    try:
        text = (files("applet_spec") / folder / file).read_text(encoding="utf-8")
        content = json.loads(text)
    except (OSError, ValueError) as error:
        raise SpecError(f"applet_spec/{folder}/{file} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise SpecError(f"applet_spec/{folder}/{file} does not hold a JSON object")
    return content


@cache
def spec() -> model.Spec:
    """Return the contract; the files are read once in a process. Raises SpecError."""
    try:
        return build(read_data)
    except (KeyError, TypeError, ValueError) as error:
        raise SpecError(f"the contract's files do not fit together: {error!r}") from error


def build(read: Callable[[str], Json]) -> model.Spec:
    """Build the contract from a function that returns the parsed file of a name."""
    card, words = read("card"), read("status_words")
    life_cycle, profiles = read("lifecycle"), read("card_profiles")
    states = {s["name"]: _state(s) for s in life_cycle["states"]}
    card_states = {s["name"]: _card_state(s) for s in life_cycle["card_states"]}
    application, manager = read("commands"), read("card_manager")
    return model.Spec(
        version=(card["profile"]["major"], card["profile"]["minor"]),
        aids=model.Aids(**{name: bytes.fromhex(aid) for name, aid in card["aids"].items()}),
        card_number=model.CardNumber(card["card_number"]["digits"], card["card_number"]["prefix"]),
        currency=model.Currency(**card["currency"]),
        secure_channel=_secure_channel(card["secure_channel"]),
        limits=MappingProxyType(card["limits"]),
        domain_tag=bytes.fromhex(card["authentication"]["domain_tag"]),
        proof_message=tuple(card["authentication"]["message"]),
        secret_check_length=card["secret_check"]["length"],
        states=MappingProxyType(states),
        card_states=MappingProxyType(card_states),
        content_states=MappingProxyType(
            {s["name"]: _content_state(s) for s in life_cycle["content_states"]}
        ),
        lock_bit=int(life_cycle["lock_bit"], 16),
        commands=_commands(application["commands"], "application", states, words),
        card_manager=_commands(manager["commands"], "card manager", card_states, words),
        order_of_checks=tuple(application["order_of_checks"]),
        status_names=MappingProxyType(words["names"]),
        objects=_by_tag(_object(o) for o in written_out(read("objects")["objects"])),
        dgis=_by_tag(_dgi(d) for d in written_out(read("dgis")["dgis"])),
        roles=MappingProxyType({r["role"]: model.Role(**r) for r in read("roles")["roles"]}),
        services=_services(read("services")),
        transactions=_transactions(read("transactions")),
        key_ranges=MappingProxyType({k["name"]: _range(k) for k in read("keys")["key_sets"]}),
        derivations=MappingProxyType(
            {d["name"]: _derivation(d) for d in read("keys")["derivations"]}
        ),
        card_profiles=MappingProxyType({p["name"]: _profile(p) for p in profiles["profiles"]}),
        quirks=MappingProxyType({q["name"]: q["text"] for q in profiles["quirks"]}),
        requirements=MappingProxyType(
            {r["id"]: _requirement(r) for r in read("requirements")["requirements"]}
        ),
    )


def _state(entry: Json) -> model.LifeCycleState:
    return model.LifeCycleState(
        entry["name"], int(entry["code"], 16), entry["works"], entry["leaves_by"]
    )


def _card_state(entry: Json) -> model.CardState:
    return model.CardState(
        entry["name"], int(entry["code"], 16), entry["works"], frozenset(entry["next"])
    )


def _content_state(entry: Json) -> model.ContentState:
    return model.ContentState(entry["name"], int(entry["code"], 16), entry["text"])


def _secure_channel(entry: Json) -> model.SecureChannelSpec:
    return model.SecureChannelSpec(
        protocol=int(entry["protocol"], 16),
        i=int(entry["i"], 16),
        mac_length=entry["mac_length"],
        issuer_levels=frozenset(int(level, 16) for level in entry["issuer_levels"]),
        write_level=int(entry["write_level"], 16),
        read_level=int(entry["read_level"], 16),
        daily_level=int(entry["daily_level"], 16),
        sequence_counter_length=entry["sequence_counter_length"],
        i_bits=MappingProxyType({int(b["bit"], 16): b["name"] for b in entry["i_bits"]}),
        level_needs=MappingProxyType(
            {int(level["level"], 16): int(level["needs"], 16) for level in entry["levels"]}
        ),
    )


def _commands(
    entries: Iterable[Json], target: Target, states: Mapping[str, object], words: Json
) -> Mapping[str, model.CommandSpec]:
    return MappingProxyType({e["name"]: _command(e, target, states, words) for e in entries})


def _command(
    entry: Json, target: Target, states: Mapping[str, object], words: Json
) -> model.CommandSpec:
    own = [_status(word, words["names"]) for word in entry["status"]]
    known = {word.pattern for word in own}
    common = [_status(word, words["names"]) for word in words["common"]]
    return model.CommandSpec(
        name=entry["name"],
        target=target,
        cla=int(entry["cla"], 16),
        ins=int(entry["ins"], 16),
        states=_state_names(entry["states"], states),
        session=entry["session"],
        who=entry["who"],
        summary=entry["summary"],
        variants=tuple(_variant(v) for v in entry["variants"]),
        status=(*own, *(word for word in common if word.pattern not in known)),
        contactless_session=entry.get("contactless") == "session",
        draft=entry.get("draft", False),
        timeout=float(entry["timeout"]),
        typical=entry["typical"],
        other_cla=int(entry["other_cla"], 16) if "other_cla" in entry else None,
        begins_with=frozenset(int(tag, 16) for tag in entry.get("begins_with", ())),
    )


def _state_names(allowed: str | list[str], states: Mapping[str, object]) -> frozenset[str]:
    if allowed == "all":
        return frozenset(states)
    if allowed == "all-but-terminated":
        return frozenset(states) - {"TERMINATED"}
    return frozenset(allowed)


def _status(entry: Json, names: Mapping[str, str]) -> model.StatusWord:
    return model.StatusWord(
        pattern=entry["sw"],
        name=names[entry["sw"]],
        meaning=entry["meaning"],
        changed=Changed[entry["changed"].upper()],
        advice=entry["advice"],
        requirement=entry["requirement"],
    )


def _variant(entry: Json) -> model.Variant:
    return model.Variant(
        name=entry.get("name", ""),
        p1=entry["p1"],
        p2=entry["p2"],
        data=tuple(model.Field(**field) for field in entry["data"]),
        response=tuple(model.Field(**field) for field in entry["response"]),
        states=frozenset(entry["states"]) if "states" in entry else None,
    )


def _length(text: str) -> model.Length:
    least, _, most = text.partition("-")
    return model.Length(int(least), int(most or least))


def written_out(entries: Iterable[Json]) -> Iterable[Json]:
    """Write out entries that stand for a run of consecutive tags."""
    for entry in entries:
        count = entry.get("count", 1)
        for offset in range(count):
            name = entry["name"] if count == 1 else f"{entry['name']} {offset + 1}"
            fields = [
                {**f, "object": _tag_after(f["object"], offset)} if "object" in f else f
                for f in entry.get("fields", [])
            ]
            tag = _tag_after(entry["tag"], offset)
            yield {**entry, "tag": tag, "name": name, "fields": fields}


def _tag_after(tag: str, offset: int) -> str:
    return f"{int(tag, 16) + offset:0{len(tag)}X}"


def _by_tag(entries: Iterable[model.Named]) -> Mapping[int, model.Named]:
    return MappingProxyType({entry.tag: entry for entry in entries})


def _object(entry: Json) -> model.DataObject:
    return model.DataObject(
        tag=int(entry["tag"], 16),
        name=entry["name"],
        length=_length(entry["length"]),
        format=entry["format"],
        read=frozenset(entry["read"]),
        write=frozenset(entry["write"]),
        long=entry.get("long", False),
        text=entry.get("text", ""),
        fields=tuple(
            model.TemplateField(
                int(f["tag"], 16), f["name"], f["format"], _length(f["length"]), f.get("text", "")
            )
            for f in entry["fields"]
        ),
        bits=MappingProxyType({int(bit, 16): name for bit, name in entry.get("bits", {}).items()}),
        computed=entry.get("computed", False),
    )


def _dgi(entry: Json) -> model.Dgi:
    return model.Dgi(
        tag=int(entry["tag"], 16),
        name=entry["name"],
        length=_length(entry["length"]),
        secret=entry["secret"],
        secret_length=entry.get("secret_length", 0),
        mandatory=entry["mandatory"],
        states=frozenset(entry["states"]),
        fields=tuple(
            model.DgiField(int(f["object"], 16), f.get("length")) for f in entry["fields"]
        ),
        text=entry.get("text", ""),
        draft=entry.get("draft", False),
    )


def _range(entry: Json) -> model.KeyRange:
    return model.KeyRange(
        entry["name"],
        int(entry["first"], 16),
        int(entry["last"], 16),
        entry["held_by"],
        entry["may"],
        entry.get("draft", False),
    )


def _derivation(entry: Json) -> model.Derivation:
    vectors = tuple(
        model.Vector(
            source=v["source"],
            master=bytes.fromhex(v["master"]),
            input=bytes.fromhex(v["input"]),
            purpose=v["purpose"],
            key=bytes.fromhex(v["key"]),
            check_value=bytes.fromhex(v["check_value"]["value"]) if "check_value" in v else b"",
        )
        for v in entry["vectors"]
    )
    return model.Derivation(
        name=entry["name"],
        purpose=entry["for"],
        function=entry["function"],
        source=entry["source"],
        block=entry["block"],
        parameters=entry["parameters"],
        vectors=vectors,
        draft=entry.get("draft", False),
    )


def _profile(entry: Json) -> model.CardProfile:
    return model.CardProfile(
        name=entry["name"],
        title=entry["title"],
        source=entry["source"],
        factory_version=int(entry["factory_version"], 16),
        key_length=entry["key_length"],
        i=None if entry["i"] is None else int(entry["i"], 16),
        levels=frozenset(int(level, 16) for level in entry["levels"]),
        largest_command_data=entry["largest_command_data"],
        extended=entry["extended"],
        derivation=entry["derivation"],
        recognise=tuple(_recognition(rule) for rule in entry["recognise"]),
        quirks=frozenset(entry["quirks"]),
        software=entry.get("software", False),
        generic=entry.get("generic", False),
    )


def _recognition(rule: Json) -> model.Recognition:
    words = ("atr", "fabricator", "ic_type", "os_id", "os_release_level")
    given: dict[str, Any] = {name: bytes.fromhex(rule[name]) for name in words if name in rule}
    if "i" in rule:
        given["i"] = int(rule["i"], 16)
    if "key_versions" in rule:
        given["key_versions"] = frozenset(int(version, 16) for version in rule["key_versions"])
    return model.Recognition(**given)


def _requirement(entry: Json) -> model.Requirement:
    return model.Requirement(
        id=entry["id"],
        text=entry["text"],
        source=entry.get("source", ""),
        draft=entry.get("draft", False),
        shown_elsewhere=entry.get("shown_elsewhere", ""),
        applies_to=tuple(entry.get("applies_to", ())),
    )


def _record_fields(entries: Iterable[Json]) -> tuple[model.RecordField, ...]:
    return tuple(model.RecordField(e["name"], e["length"], e.get("text", "")) for e in entries)


def _frozen(setting: object) -> object:
    return MappingProxyType(setting) if isinstance(setting, dict) else setting


def _services(entry: Json) -> model.Services:
    kinds = {
        k["name"]: model.ServiceKind(k["code"], k["name"], _record_fields(k["fields"]))
        for k in entry["kinds"]
    }
    flags = {name: int(bit, 16) for bit, name in entry["flags"].items()}
    return model.Services(
        header=_record_fields(entry["header"]),
        kinds=MappingProxyType(kinds),
        verification=MappingProxyType({r["name"]: r["code"] for r in entry["verification_rules"]}),
        enabled_flag=flags["enabled"],
        horizon_months=entry["periods"]["horizon_default_months"],
        profile=_service_profile(entry["profile"]),
        delegate_profile=_service_profile(entry["delegate_profile"]),
    )


def _service_profile(services: Iterable[Json]) -> tuple[model.ServiceProfile, ...]:
    shared = ("id", "label", "kind", "unit", "verification", "debit_roles", "credit_roles")
    return tuple(
        model.ServiceProfile(
            id=s["id"],
            label=s["label"],
            kind=s["kind"],
            unit=s["unit"],
            verification=s["verification"],
            debit_roles=tuple(s["debit_roles"]),
            credit_roles=tuple(s["credit_roles"]),
            settings=MappingProxyType({k: _frozen(v) for k, v in s.items() if k not in shared}),
        )
        for s in services
    )


def _transactions(entry: Json) -> model.Transactions:
    return model.Transactions(
        most_operations=entry["most_operations"],
        operations=_codes(entry["operations"]),
        purse_alone_roles=frozenset(entry["purse_alone_roles"]),
        first_date=bytes.fromhex(entry["dates"]["first"]),
        last_date=bytes.fromhex(entry["dates"]["last"]),
        request=_record_fields(entry["request"]),
        operation=_record_fields(entry["operation"]),
        flags=MappingProxyType({name: int(bit, 16) for bit, name in entry["flags"].items()}),
        answer=_record_fields(entry["answer"]),
        query_results=_codes(entry["query_results"]),
        receipt=_record_fields(entry["receipt"]["fields"]),
        receipt_mac_length=entry["receipt"]["mac_length"],
        period_vectors=tuple(
            model.PeriodVector(v["date"], v["day"], v["month"]) for v in entry["period_vectors"]
        ),
        quota_vectors=tuple(model.QuotaVector(**v) for v in entry["quota_vectors"]),
    )


def _codes(entries: Iterable[Json]) -> Mapping[str, int]:
    return MappingProxyType({entry["name"]: entry["code"] for entry in entries})
