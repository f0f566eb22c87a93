"""Each example is a terminal that works."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from card_simulator.card_file import create
from host_lib import Pin
from tests.support.cards import HOLDER_NAME, TRANSPORT_PIN, personalized_card

FOLDER = Path(__file__).parents[2] / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def card_file(tmp_path: Path) -> str:
    reader, _ = personalized_card()
    create(tmp_path / "card.json", reader.card.memory.image)
    return f"sim:{tmp_path / 'card.json'}"


def test_the_holder_chooses_a_pin_and_sees_the_name(tmp_path: Path) -> None:
    collect = example("holder_changes_pin").collect
    assert collect(card_file(tmp_path), TRANSPORT_PIN, Pin("2468")) == HOLDER_NAME


def test_the_terminal_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    program = [sys.executable, str(FOLDER / "holder_changes_pin.py"), card_file(tmp_path)]
    run = subprocess.run(program, input="0000\n2468\n", capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "2 tries left" in run.stderr
    assert "Traceback" not in run.stderr
