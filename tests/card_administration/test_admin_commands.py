"""`unicard admin` through its entry point: what an operator types and reads."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import cli
from card_administration.access import Access
from card_simulator.blanks import new_chips
from card_simulator.card_file import create
from card_simulator.card_manager import blank_image
from card_simulator.reader import SimReader
from host_lib import Role, Slot
from host_lib.secret import SecretBytes
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.purpose import Algorithm, Purpose
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost
from tests.support.cap_files import MODULE, PACKAGE, cap_file
from tests.support.cards import OLD, issuer
from tests.support.roles import card_with_roles

PASSPHRASE = "invented words for tests only"
INSTANCE = MODULE.hex().upper()
LOADED = PACKAGE.hex().upper()
OURS = "F0554E49434152440101"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `unicard admin` on a blank card in a file, with a key store and a CAP file beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("UNICARD_READER", "sim:card.json")
    monkeypatch.delenv("UNICARD_STORE", raising=False)
    contents = initial_contents("Test issuer", globalplatform_default())
    secret = SecretBytes(PASSPHRASE.encode())
    path = Path("keys.unicard")
    with FileStore.create(path, secret, contents=contents, cost=ScryptCost(n=1024)) as store:
        store.generate(Purpose.ISSUER, 0x31, Algorithm.AES_256_KDF3)
    (chip,) = new_chips(1, seed=5)
    create(Path("card.json"), blank_image(chip))
    Path("test.cap").write_bytes(cap_file())

    def unicard_admin(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(["admin", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return unicard_admin


def listed(run: Run) -> dict[str, object]:
    code, out, err = run("list", "--json")
    assert (code, err) == (0, "")
    found: dict[str, object] = json.loads(out)
    return found


def serial(run: Run) -> str:
    return str(listed(run)["chip_serial"])


def test_a_blank_card_is_listed_with_its_keys_and_its_load_file(run: Run) -> None:
    found = listed(run)
    assert found["life_cycle"] == "OP_READY"
    assert found["applications"] == []
    assert found["opened_with"] == "FF"
    assert found["load_files"] == [
        {"aid": "F0554E494341524401", "version": "0100", "modules": [OURS]}
    ]
    code, out, _ = run("list")
    assert code == 0
    assert "opened with key set FF at level 33" in out
    assert "OP_READY" in out


def test_a_package_is_loaded_installed_locked_unlocked_and_deleted(run: Run) -> None:
    before = listed(run)
    says = {
        ("load", "test.cap"): f"Loaded {LOADED}, modules: {INSTANCE}.",
        ("install", INSTANCE, "--not-selectable"): f"Installed {INSTANCE}, not selectable yet.",
        ("make-selectable", INSTANCE): f"{INSTANCE} can be selected.",
        ("lock", INSTANCE): f"Locked {INSTANCE}.",
        ("unlock", INSTANCE): f"Unlocked {INSTANCE}.",
        ("delete", INSTANCE): f"Deleted {INSTANCE}.",
        ("install", INSTANCE, "--instance", INSTANCE + "09"): f"Installed {INSTANCE}09.",
        ("delete", LOADED, "--related"): f"Deleted {LOADED}.",
    }
    for words, said in says.items():
        code, out, err = run(*words)
        assert (code, out.strip(), err) == (0, said, "")
    assert listed(run) == before


def test_an_application_shows_its_state_and_whether_it_is_locked(run: Run) -> None:
    run("load", "test.cap")
    run("install", INSTANCE)
    run("lock", INSTANCE)
    run("install", OURS)
    found = listed(run)["applications"]
    assert isinstance(found, list)
    assert {one["aid"]: (one["state"], one["locked"]) for one in found} == {
        OURS: ("BLANK", False),
        INSTANCE: ("SELECTABLE", True),
    }


def test_the_result_is_one_json_document(run: Run) -> None:
    code, out, err = run("load", "test.cap", "--json")
    assert (code, err) == (0, "")
    data = json.loads(out)
    assert (data["operation"], data["commands"]) == ("load", 2)
    assert data["arguments"] == ["test.cap", "--digest", "sha-256"]


def test_test_cards_need_no_key_store(run: Run) -> None:
    Path("keys.unicard").unlink()
    assert run("list")[0] == 2
    assert run("list", "--test-keys")[0] == 0
    code, _, err = run("put-keys", "30", "--test-keys")
    assert code == 2
    assert "key store" in err


def test_numbers_are_stored_and_listed(run: Run) -> None:
    assert run("store", "--iin", "981801", "--cin", "0102030405")[0] == 0
    found = listed(run)
    assert (found["iin"], found["cin"]) == ("981801", "0102030405")
    assert run("store", "--cin", "07")[0] == 0
    found = listed(run)
    assert (found["iin"], found["cin"]) == ("981801", "07")


def test_the_plan_says_that_the_keys_of_blank_stock_go_with_the_first_set(run: Run) -> None:
    def put_key(*words: str) -> tuple[str, str]:
        _, out, _ = run("put-keys", *words, "--dry-run", "--json")
        last = json.loads(out)["commands"][-1]
        return last["effect"], last["warning"]

    assert put_key("30") == ("irreversible", "the keys of key set FF are gone")
    assert run("put-keys", "30")[0] == 0
    assert put_key("31") == ("changes", "")
    assert put_key("31", "--replace", "30") == ("irreversible", "the keys of key set 30 are gone")


def test_the_stores_keys_take_the_place_of_the_makers_whatever_their_length(run: Run) -> None:
    assert run("put-keys", "30")[0] == 0
    assert listed(run)["opened_with"] == "30"
    assert run("put-keys", "31")[0] == 0
    code, _, err = run("delete-keys", "30", "--key-version", "30")
    assert code == 1
    assert "opened with key set 30" in err
    assert run("delete-keys", "30", "--key-version", "31")[0] == 0
    found = listed(run)
    assert found["opened_with"] == "31"
    keys = found["keys"]
    assert isinstance(keys, list)
    assert [(key["version"], key["length"]) for key in keys] == [("31", 32)] * 3
    assert run("put-keys", "30", "--replace", "31")[0] == 0
    assert listed(run)["opened_with"] == "30"


def test_the_card_is_led_through_its_life_and_back_from_its_lock(run: Run) -> None:
    for state in ("initialized", "SECURED", "CARD_LOCKED", "SECURED"):
        assert run("state", state)[0] == 0
        assert listed(run)["life_cycle"] == state.upper()


def test_a_card_is_terminated_only_when_it_is_named_again(run: Run) -> None:
    name = serial(run)
    code, out, err = run("state", "TERMINATED")
    assert (code, out) == (2, "")
    assert f"--confirm {name}" in err
    assert "Nothing was changed" in err
    code, _, err = run("state", "TERMINATED", "--confirm", "00" * 10)
    assert code == 2
    assert f"the card in the reader is {name}" in err
    assert listed(run)["life_cycle"] == "OP_READY"
    assert run("state", "TERMINATED", "--confirm", name)[0] == 0
    code, _, err = run("list")
    assert code != 0
    assert "Traceback" not in err


def test_a_citizens_application_is_deleted_only_when_the_card_is_named_again(run: Run) -> None:
    assert run("install", OURS)[0] == 0
    code, _, err = run("delete", OURS)
    assert code == 2
    assert "citizen's data" in err
    assert run("delete", "F0554E494341524401", "--related")[0] == 2
    assert len(str(listed(run)["applications"])) > 2
    assert run("delete", OURS, "--confirm", serial(run))[0] == 0
    assert listed(run)["applications"] == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("load", "absent.cap"), 2, "absent.cap cannot be read"),
        (("load", "card.json"), 2, "card.json is no load file"),
        (("install", "F0554E"), 2, "3 bytes instead of 5 to 16"),
        (("install", "nonsense"), 2, "not hexadecimal"),
        (("install", INSTANCE), 1, "Load the package first"),
        (("make-selectable", INSTANCE), 1, "no application"),
        (("lock", INSTANCE), 1, "no application"),
        (("delete", INSTANCE), 1, "no application"),
        (("delete", "A000000151000000"), 1, "cannot be deleted"),
        (("delete", "F0554E494341524401"), 3, "6985"),
        (("state", "OP_READY"), 2, "OP_READY"),
        (("state", "nothing"), 2, "nothing"),
        (("store",), 2, "--iin, --cin"),
        (("store", "--iin", "00" * 17), 2, "17 bytes instead of 1 to 16"),
        (("put-keys", "32"), 1, "no issuer key of version 32"),
        (("put-keys", "xyz"), 2, "hexadecimal"),
        (("store", "--iin", "12345"), 2, "odd number of digits"),
        (("put-keys", "30", "--replace", "33"), 1, "no key set 33"),
        (("put-keys", "50"), 2, "30 to 3F"),
        (("delete-keys", "30"), 1, "no key set 30"),
        (("delete-keys", "FF"), 1, "opened with key set FF"),
        (("list", "--key-version", "33"), 1, "key versions FF"),
        (("list", "--delivery", "05"), 1, "no transport key of version 05"),
        (("list", "--reader", "nothing:"), 2, "nothing"),
        (("list", "--store", "absent"), 2, "no key store at absent"),
        (("state", "TERMINATED", "--confirm", "0102"), 2, "2 bytes instead of 10"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_the_card_alone(
    run: Run, words: tuple[str, ...], code: int, says: str
) -> None:
    before = Path("card.json").read_bytes()
    done, out, err = run(*words)
    assert (done, out) == (code, ""), err
    assert says in err
    assert "Traceback" not in err
    assert Path("card.json").read_bytes() == before


def test_a_card_with_other_keys_is_not_authenticated_to(run: Run) -> None:
    assert run("put-keys", "30")[0] == 0
    code, _, err = run("list", "--test-keys")
    assert code == 1
    assert "key versions 30; the key holder has a key of none of them" in err


def test_a_dry_run_changes_nothing_and_its_plan_is_carried_out_by_apply(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path("card.json").read_bytes()
    code, out, _ = run("load", "test.cap", "--dry-run")
    assert code == 0
    assert "LOAD" in out
    assert run("load", "test.cap", "--save-plan", "load.plan")[0] == 0
    assert Path("card.json").read_bytes() == before
    assert cli.main(["apply", "load.plan"]) == 0
    assert LOADED in capsys.readouterr().out
    assert cli.main(["apply", "load.plan"]) == 1, "the card is another one now"


def test_every_command_that_changes_a_card_can_be_planned(run: Run) -> None:
    _, out, _ = run("--help")
    names = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line.strip()]
    for name in names:
        _, out, _ = run(name, "--help")
        assert ("--dry-run" in out) == (name not in ("list", "roles")), name
        assert "--json" in out
        assert "--passphrase " not in out


def test_ctrl_c_in_a_load_leaves_nothing_on_the_card_and_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = listed(run)
    transmit = SimReader.transmit

    def interrupted(self: SimReader, command: bytes, timeout: float | None = None) -> bytes:
        if command[:2] == b"\x84\xe6":
            signal.raise_signal(signal.SIGINT)
        return transmit(self, command, timeout)

    with monkeypatch.context() as patch:
        patch.setattr(SimReader, "transmit", interrupted)
        code, _, err = run("load", "test.cap")
    assert code == 1
    assert "stopped from the keyboard" in err
    assert "as it was before" in err
    assert listed(run) == before
    assert run("load", "test.cap")[0] == 0


def test_a_plan_names_the_state_of_applications_in_words(run: Run) -> None:
    assert run("install", OURS)[0] == 0
    assert run("lock", OURS)[0] == 0
    state = json.loads(run("unlock", OURS, "--dry-run", "--json")[1])["card"]["state"]
    assert state["applications"] == f"{OURS} BLANK locked"
    assert state["opens with"] == "FF"


def test_the_role_keys_of_a_card_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = card_with_roles((Role.BREAD, Slot.A, 1), (9, Slot.B, 0x81))
    access = Access(lambda _: issuer, lambda _: (OLD,), lambda _: 16)
    monkeypatch.setattr("card_administration.access.public_key_access", lambda: access)
    create(tmp_path / "card.json", reader.card.memory.image)
    words = ["admin", "roles", "--test-keys", "--reader", f"sim:{tmp_path / 'card.json'}"]
    assert cli.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["role_key_sets"] == [
        {"key_version": "54", "role": 4, "name": "BREAD", "slot": "A", "master_version": "01"},
        {"key_version": "69", "role": 9, "name": "role 9", "slot": "B", "master_version": "81"},
    ]
    assert cli.main(words) == 0
    assert "BREAD" in capsys.readouterr().out


def test_a_card_without_role_keys_or_without_application_says_so(run: Run) -> None:
    assert run("roles")[0] == 3, "the application is not installed"
    code, _, err = run("roles", "--test-keys")
    assert (code, "no application of this name" in err) == (3, True)
    assert run("install", OURS)[0] == 0
    code, out, _ = run("roles")
    assert (code, out.strip()) == (0, "The card has no keys of any role.")
