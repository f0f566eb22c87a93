"""The applet keeps its budget, and the page that shows it is what is measured."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from applet_spec import spec
from scripts import budget
from tests.support.applet_budget import Measured, measured
from tests.support.budget_meter import Cost, Memory
from tests.support.budget_page import COMMAND, LIMITS, PAGE, Limits, exceeded, page, read_limits
from tests.support.code_size import CodeSize, applet_classes, code_size
from tests.support.tree import ROOT

SMALL = CodeSize(methods=100, constants=50, arrays=10, classes=20)
CASE = ("VERIFY", "compare", "wrong")
CHEAP = Measured(Memory(10, 5, 0), Memory(20, 5, 0), Memory(20, 5, 1), {CASE: Cost(3, 20, 900)})
ENOUGH = Limits(380, 20, 6, Cost(3, 20, 900))


@pytest.fixture(scope="module")
def now(java: None) -> Measured:
    del java
    return measured()


@pytest.fixture(scope="module")
def code(java: None) -> CodeSize:
    del java
    return code_size(applet_classes())


def test_the_applet_keeps_within_its_budget(now: Measured, code: CodeSize) -> None:
    assert list(exceeded(code, now, read_limits())) == []


def test_the_page_shows_what_is_measured(now: Measured, code: CodeSize) -> None:
    text = page(code, now, read_limits())
    assert PAGE.read_text(encoding="utf-8") == text, f"`make java`, then `{COMMAND}`"


def test_every_command_of_the_contract_is_measured_in_all_its_forms(now: Measured) -> None:
    contract = {
        (name, variant.name)
        for name, command in spec().commands.items()
        if not command.draft
        for variant in command.variants
    }
    assert {case[:2] for case in now.costs} == contract


def test_no_command_of_a_personalized_card_allocates(now: Measured) -> None:
    assert now.ended == now.personalized


def test_the_limits_are_of_their_format_and_within_the_contract_s() -> None:
    schema = ROOT / "applet_spec" / "formats" / "applet-budget.schema.json"
    jsonschema.validate(json.loads(LIMITS.read_text()), json.loads(schema.read_text()))
    limits = read_limits()
    costs = (limits.every_command, *(cost for cost, _ in limits.exceptions.values()))
    assert {cost.commit_bytes <= spec().limits["commit_bytes"] for cost in costs} == {True}


def test_figures_at_their_limits_are_within_the_budget() -> None:
    assert list(exceeded(SMALL, CHEAP, ENOUGH)) == []


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (replace(ENOUGH, load_file_bytes=379), "load file: 380 bytes, and the limit is 379"),
        (replace(ENOUGH, persistent_bytes=19), "applet: 20 persistent bytes, and the limit is 19"),
        (replace(ENOUGH, transient_bytes=5), "applet: 6 transient bytes, and the limit is 5"),
        (
            replace(ENOUGH, every_command=Cost(2, 20, 900)),
            "VERIFY (compare, wrong): 3 writes, and the limit is 2",
        ),
        (
            replace(ENOUGH, every_command=Cost(3, 19, 900)),
            "VERIFY (compare, wrong): 20 bytes in the commit buffer, and the limit is 19",
        ),
        (
            replace(ENOUGH, exceptions={CASE: (Cost(3, 20, 899), "as it is")}),
            "VERIFY (compare, wrong): 900 bytecodes, and the limit is 899",
        ),
        (
            replace(ENOUGH, exceptions={("SELECT", "", "x"): (Cost(3, 20, 9), "gone")}),
            "SELECT (x): has limits of its own, and is not measured",
        ),
    ],
)
def test_what_is_over_a_limit_is_named_with_figure_and_limit(limits: Limits, words: str) -> None:
    assert list(exceeded(SMALL, CHEAP, limits)) == [words]


def test_a_card_that_is_not_built_as_the_applet_is_now_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hint = tmp_path / "hint"
    hint.write_text("#!/bin/sh\necho 'changed since it was built' >&2\n")
    hint.chmod(0o755)
    monkeypatch.setattr(budget, "HINT", hint)
    before = PAGE.read_text(encoding="utf-8")
    assert budget.main([]) == 1
    assert "Nothing was measured: changed since it was built" in capsys.readouterr().err
    assert PAGE.read_text(encoding="utf-8") == before


CONSTANTS = bytes.fromhex(
    "000A"
    "010001 41  070001"  # 1 "A", 2 class A
    "01000328 2956  0100046A6F696E"  # 3 "()V", 4 "join"
    "0C00040003  0A00020005"  # 5 join()V, 6 A.join()V
    "010004436F6465  0100083C636C696E69743E"  # 7 "Code", 8 "<clinit>"
    "010001 73"  # 9 a field's name
)
FIELD = bytes.fromhex("0018 0009 0003 0000")


def method(name: int, code: str, handlers: str = "0000") -> bytes:
    body = bytes.fromhex(code)
    text = bytes(4) + len(body).to_bytes(4, "big") + body + bytes.fromhex(handlers) + b"\x00\x00"
    flags = 8 if name == 8 else 0  # a class initialiser is static
    head = bytes((0, flags, 0, name, 0, 3, 0, 1, 0, 7))
    return head + len(text).to_bytes(4, "big") + text


def class_file(*methods: bytes) -> bytes:
    head = bytes.fromhex("CAFEBABE00000033") + CONSTANTS + bytes.fromhex("0020 0002 0000 0000")
    count = len(methods).to_bytes(2, "big")
    return head + b"\x00\x01" + FIELD + count + b"".join(methods) + b"\x00\x00"


def test_code_is_reckoned_by_methods_names_and_constant_arrays() -> None:
    join = method(4, "B60006 B1", "0001 0000000300030000")  # calls itself; one handler
    arrays = method(8, "1007 BC08 57 112010 BC09 57 06 BC08 57 B1")  # 7 bytes, 8208 shorts, 3 bytes
    assert code_size([class_file(join, arrays)]) == CodeSize(
        methods=3 + 4 + 8,
        constants=4 * 2 + 1,  # A, A.join; the one call
        arrays=(3 + 7) + (3 + 2 * 0x2010) + (3 + 3),
        classes=12 + 2,
    )


def test_switches_are_stepped_over_by_their_tables() -> None:
    table = "AA 000000 00000000 00000001 00000002 00000000 00000000"  # at 0: cases 1 and 2
    looked_up = "AB 000000 00000000 00000001 00000005 00000000"  # at 24
    call = "B60006 B1"
    (size,) = {code_size([class_file(method(4, table + looked_up + call))]).constants}
    assert size == 4 * 2 + 1
