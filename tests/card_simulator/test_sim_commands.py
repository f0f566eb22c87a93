"""The command line `unicard sim`."""

import csv
import io
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from card_simulator.card_file import create
from card_simulator.commands import sim
from card_simulator.reader import SIM
from tests.card_simulator.sim_host import installed, personalized, with_role_keys
from tests.support.stages import ROLE_SLOTS
from tests.support.terminal import ISD, PIN, TEST_KEY, Keys, role_keys

ROOT = Path(__file__).parents[2]


def run(*words: str) -> Result:
    return CliRunner().invoke(sim, words, catch_exceptions=False)


def cli(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "sim", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_new_makes_blank_cards_with_their_own_serials(tmp_path: Path) -> None:
    result = run("new", "--count", "12", "--dir", str(tmp_path / "stock"), "--json")
    cards = json.loads(result.stdout)["cards"]
    assert [Path(card["file"]).name for card in cards][::11] == [
        "blank-0001.json",
        "blank-0012.json",
    ]
    assert len({card["chip_serial"] for card in cards}) == 12
    with SIM.open(cards[3]["file"]) as reader:
        assert (
            reader.transmit(bytes.fromhex("80CA00CF00"))[2:12].hex().upper()
            == (cards[3]["chip_serial"])
        )


def test_a_seed_gives_the_same_serials(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("new", "-n", "3", "--seed", "7", "--dir", str(tmp_path / name))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_new_makes_cards_that_come_with_the_application_still_blank(tmp_path: Path) -> None:
    made = json.loads(run("new", "--dir", str(tmp_path), "--json").stdout)
    (application,) = json.loads(run("show", made["cards"][0]["file"], "--json").stdout)[
        "applications"
    ]
    assert made["installed"] is True
    assert (application["state"], application["card_serial"]) == ("BLANK", None)


def test_new_makes_bare_cards_where_that_is_asked_for(tmp_path: Path) -> None:
    made = json.loads(run("new", "--bare", "--dir", str(tmp_path), "--json").stdout)
    shown = json.loads(run("show", made["cards"][0]["file"], "--json").stdout)
    assert (made["installed"], shown["applications"]) == (False, [])


def test_new_overwrites_no_card_and_makes_none_if_one_is_there(tmp_path: Path) -> None:
    run("new", "--dir", str(tmp_path))
    (tmp_path / "blank-0001.json").rename(tmp_path / "blank-0002.json")
    result = cli("new", "-n", "3", "--dir", str(tmp_path), "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout)["error"]["changed"] == "no"
    assert [path.name for path in tmp_path.iterdir()] == ["blank-0002.json"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ((), ("unicard-reference", "60", ["FF"], {"FF": 128})),
        (("--profile", "unicard-s16"), ("unicard-s16", "61", ["FF"], {"FF": 256})),
        (("-p", "unicard-mac-only"), ("unicard-mac-only", "00", ["20"], {"20": 128})),
    ],
)
def test_new_makes_cards_of_a_type_and_show_tells_it(
    tmp_path: Path, words: tuple[str, ...], shown: tuple[object, ...]
) -> None:
    made = json.loads(run("new", "--dir", str(tmp_path), *words, "--json").stdout)
    assert made["profile"] == shown[0]
    path = str(tmp_path / "blank-0001.json")
    state = json.loads(run("show", path, "--json").stdout)
    fields = (state["profile"], state["i"], state["key_versions"], state["key_bits"])
    assert fields == shown
    text = run("show", path).stdout
    assert str(shown[0]) in text
    assert "AES-" in text


@pytest.mark.parametrize("name", ["jcop4", "unicard"])
def test_new_names_the_types_that_it_can_make(tmp_path: Path, name: str) -> None:
    result = cli("new", "--dir", str(tmp_path / "new"), "--profile", name)
    assert result.returncode == 2
    assert "unicard-s16-pseudo-random" in result.stderr
    assert not (tmp_path / "new").exists()


def test_show_names_key_versions_that_lack_keys(tmp_path: Path) -> None:
    card, host = installed()
    host.select(ISD)
    host.authenticate()
    assert host.sw(0x80, 0xD8, 0, 0x81, host.key_data(0x31, Keys())[:47]) == 0x9000
    create(tmp_path / "x.json", card.memory.image)
    text = run("show", str(tmp_path / "x.json")).stdout
    assert "incomplete" in text
    assert "31" in text


def test_show_tells_the_state_and_no_secret(tmp_path: Path) -> None:
    run("new", "--bare", "--dir", str(tmp_path))
    blank = json.loads(run("show", str(tmp_path / "blank-0001.json"), "--json").stdout)
    assert (blank["card_state"], blank["key_versions"]) == ("OP_READY", ["FF"])
    assert blank["applications"] == []
    assert "none installed" in run("show", str(tmp_path / "blank-0001.json")).stdout
    card, _ = personalized()
    create(tmp_path / "issued.json", card.memory.image)
    text = run("show", str(tmp_path / "issued.json")).stdout
    assert "PERSONALIZED" in text
    assert "1112131415161718" in text
    both = text + run("show", str(tmp_path / "issued.json"), "--json").stdout
    for secret in (TEST_KEY.hex(), PIN.hex(), PIN.hex()[2:6], "9818010000000012"):
        assert secret not in both.lower()


def test_show_lists_role_keys_by_version_and_role_and_no_key(tmp_path: Path) -> None:
    card, _ = with_role_keys()
    create(tmp_path / "x.json", card.memory.image)
    text = run("show", str(tmp_path / "x.json")).stdout
    for shown in (
        "51 (MERCHANT, master 02)",
        "61 (MERCHANT, master 03)",
        "6F (ROLE 15, master 06)",
    ):
        assert shown in text
    both = text + run("show", str(tmp_path / "x.json"), "--json").stdout
    for kvn in ROLE_SLOTS:
        assert role_keys(kvn).enc.hex() not in both.lower()
        assert role_keys(kvn).mac.hex() not in both.lower()


def test_show_does_not_need_the_card_for_itself(tmp_path: Path) -> None:
    run("new", "--dir", str(tmp_path))
    with SIM.open(str(tmp_path / "blank-0001.json")):
        assert run("show", str(tmp_path / "blank-0001.json")).exit_code == 0


def test_show_of_a_blank_application_has_no_serial_yet(tmp_path: Path) -> None:
    card, _ = installed()
    create(tmp_path / "x.json", card.memory.image)
    shown = json.loads(run("show", str(tmp_path / "x.json"), "--json").stdout)
    assert shown["applications"][0]["card_serial"] is None
    assert "none yet" in run("show", str(tmp_path / "x.json")).stdout


@pytest.mark.parametrize(("content", "code"), [(None, 2), ("{}", 1)])
def test_show_of_no_card_is_a_clear_error(tmp_path: Path, content: str | None, code: int) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_text(content)
    result = cli("show", str(path))
    assert result.returncode == code
    assert str(path) in result.stderr
    assert "Traceback" not in result.stderr


def test_sample_writes_csv_with_the_enrolments_columns(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    assert run("sample", "--count", "4", "--seed", "3", "--out", str(path)).exit_code == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert len(rows) == 4
    assert {"enrolment_id", "national_id", "name", "finger_1"} <= set(rows[0])
    assert run("sample", "-n", "4", "--seed", "3").stdout == path.read_text(encoding="utf-8")
    assert "\r" not in path.read_text(encoding="utf-8")


def test_sample_into_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    result = cli("sample", "--out", str(tmp_path / "no" / "list.csv"))
    assert result.returncode == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly_when_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    run("new", "-n", "2", "--dir", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        port = str(listener.getsockname()[1])
        words = ["serve", "--host", "127.0.0.1", "--port", port, str(tmp_path), "--contactless"]
        child = subprocess.Popen(
            [sys.executable, "-m", "cli", "sim", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = listener.accept()
        with connection:
            child.send_signal(number)
            out, remarks = child.communicate(timeout=20)
    assert child.returncode == 0
    assert "blank-0001.json is in the reader" in remarks
    assert "Traceback" not in remarks
    assert out == "0 of 2 cards served\n"


def test_serve_looks_at_all_cards_before_the_first(tmp_path: Path) -> None:
    run("new", "--dir", str(tmp_path))
    (tmp_path / "broken.json").write_text("{")
    result = cli("serve", str(tmp_path))
    assert result.returncode == 1
    assert "broken.json" in result.stderr
