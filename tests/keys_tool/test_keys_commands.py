"""`unicard keys` through its entry point: what a key custodian types and reads."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

import cli
from card_simulator.blanks import new_chips
from card_simulator.card_file import create
from card_simulator.card_manager import blank_image
from card_simulator.reader import SimReader
from host_lib.drive import drive
from host_lib.flow.rotation import rotate_issuer_keys
from host_lib.reader import open_reader
from host_lib.roles import Role
from host_lib.secret import SecretBytes
from keys_tool import Purpose, open_store
from keys_tool.sam import StoreSam
from keys_tool.vault import ScryptCost

PASSPHRASE = "invented words for tests only"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    for name in ("UNICARD_STORE", "UNICARD_READER", "UNICARD_NEW_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    # New stores are cheap to open here; what they cost by default is shown elsewhere.
    monkeypatch.setattr("keys_tool.file_store.ScryptCost", lambda: ScryptCost(n=1024))

    def unicard_keys(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(["keys", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return unicard_keys


@pytest.fixture
def made(run: Run) -> Run:
    assert run("init", "--transport", "gp-default")[0] == 0
    return run


def listed(run: Run) -> list[tuple[str, str, str]]:
    code, out, _ = run("list", "--json")
    assert code == 0
    return [(key["purpose"], key["version"], key["state"]) for key in json.loads(out)["keys"]]


def test_init_makes_the_first_key_of_each_purpose(run: Run) -> None:
    code, out, err = run("init", "--transport", "gp-default")
    assert code == 0
    assert "transport" in out
    assert "504A77 504A77 504A77" in out
    assert "Keep the passphrase apart" in err
    assert listed(run) == [
        ("transport", "01", "active"),
        ("issuer", "30", "active"),
        ("card-ca", "01", "active"),
        ("production", "01", "active"),
        ("mailer", "01", "active"),
        *((f"role-{role.name.lower()}", "01", "active") for role in Role),
        ("receipt", "01", "active"),
    ]


def test_without_an_explicit_flag_a_store_opens_no_blank_cards(run: Run) -> None:
    assert run("init")[0] == 0
    assert "transport" not in [purpose for purpose, _, _ in listed(run)]


def test_the_list_says_check_value_and_method_and_never_a_key(made: Run) -> None:
    code, out, _ = made("list", "--json")
    assert code == 0
    keys = json.loads(out)["keys"]
    assert {tuple(key) for key in keys} == {
        ("purpose", "version", "algorithm", "check_value", "check_method", "created", "state")
    }
    assert "4041424344" not in out
    assert PASSPHRASE not in out


def test_transport_keys_come_from_the_suppliers_file_too(run: Run, tmp_path: Path) -> None:
    key = {"format": "unicard-transport-keys", "version": 1, "master": "A1" * 32}
    (tmp_path / "supplier.json").write_text(json.dumps(key))
    assert run("init", "--transport-file", "supplier.json")[0] == 0
    code, out, _ = run("add", "transport", "--transport", "gp-default", "--json")
    assert (code, json.loads(out)["keys"][0]["version"]) == (0, "02")


@pytest.mark.parametrize("scheme", ["KDF3", "EMV", "VISA2"])
def test_a_suppliers_master_is_listed_with_the_name_of_its_scheme(
    run: Run, tmp_path: Path, scheme: str
) -> None:
    key = {
        "format": "unicard-transport-keys",
        "version": 1,
        "master": "A1" * 16,
        "derivation": scheme,
    }
    (tmp_path / "supplier.json").write_text(json.dumps(key))
    assert run("init", "--transport-file", "supplier.json")[0] == 0
    assert run("add", "transport", "--transport-file", "supplier.json")[0] == 0
    code, out, _ = run("list")
    assert code == 0
    assert out.count(f"AES-128 {scheme}") == 2 + (scheme == "KDF3")


def test_a_master_that_does_not_fit_its_scheme_is_refused_without_its_digits(
    run: Run, tmp_path: Path
) -> None:
    key = {"format": "unicard-transport-keys", "version": 1, "master": "A1" * 32}
    (tmp_path / "supplier.json").write_text(json.dumps(key | {"derivation": "EMV"}))
    code, out, err = run("init", "--transport-file", "supplier.json")
    assert (code, out) == (2, "")
    assert "EMV derives from a master of 16 bytes, not 32" in err
    assert "A1A1" not in err
    assert not (tmp_path / "keys.unicard").exists()


def test_a_second_init_leaves_the_store_alone(made: Run, tmp_path: Path) -> None:
    before = (tmp_path / "keys.unicard").read_bytes()
    code, _, err = made("init")
    assert code == 2
    assert "already" in err
    assert (tmp_path / "keys.unicard").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("add", "issuer", "--version", "50"), 2, "30 to 3F"),
        (("add", "issuer", "--version", "30"), 1, "already"),
        (("add", "issuer", "--version", "xyz"), 2, "hexadecimal"),
        (("add", "issuer", "--algorithm", "AES-256-GCM"), 2, "never of AES-256-GCM"),
        (("add", "issuer", "--transport", "gp-default"), 2, "transport keys"),
        (("add", "transport"), 2, "transport keys"),
        (
            ("add", "transport", "--transport", "gp-default", "--algorithm", "AES-128 KDF3"),
            2,
            "follows from the keys",
        ),
        (("add", "transport", "--transport-file", "absent.json"), 2, "cannot be read"),
        (("add", "nothing"), 2, "nothing"),
        (("retire", "issuer", "3F"), 1, "no issuer key of version 3F"),
        (("export-certificate", "--version", "7"), 1, "no card-ca key"),
        (("list", "--store", "absent"), 2, "no key store at absent"),
        (("list", "--store", "pkcs11:token=issuer"), 2, "PKCS#11"),
        (("rotate", "--reader", "sim", "--to", "3F"), 1, "no issuer key of version 3F"),
        (("rotate", "--reader", "nothing:", "--to", "30"), 2, "nothing"),
        (("rotate", "--reader", "sim"), 1, "FF"),
        (("init", "--store", "new", "--issuer", ""), 2, "56 characters"),
        (("init", "--store", "absent/new"), 1, "absent"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    made: Run, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    before = (tmp_path / "keys.unicard").read_bytes()
    done, out, err = made(*words)
    assert (done, out) == (code, "")
    assert says in err
    assert "Traceback" not in err
    assert (tmp_path / "keys.unicard").read_bytes() == before


def damage(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:400] + bytes((data[400] ^ 1,)) + data[401:])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:700])


@pytest.mark.parametrize("harm", [damage, cut])
def test_a_damaged_store_is_told_from_a_wrong_passphrase(
    made: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None]
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", "wrong words for tests only")
    code, out, _ = made("list", "--json")
    assert (code, json.loads(out)["error"]["kind"]) == (1, "WrongPassphrase")
    harm(tmp_path / "keys.unicard")
    code, out, _ = made("list", "--json")
    assert (code, json.loads(out)["error"]["kind"]) == (1, "StoreDamaged")
    assert json.loads(out)["error"]["changed"] == "no"


def test_a_weak_passphrase_makes_no_store(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", "short")
    code, _, err = run("init")
    assert code == 2
    assert "15 characters" in err
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_added_under_the_next_free_version(made: Run) -> None:
    assert made("add", "issuer")[0] == 0
    assert made("add", "issuer", "--version", "3f", "--algorithm", "AES-256 KDF3")[0] == 0
    assert made("retire", "issuer", "30")[0] == 0
    keys = [key for key in listed(made) if key[0] == "issuer"]
    assert keys == [
        ("issuer", "30", "retired"),
        ("issuer", "31", "active"),
        ("issuer", "3F", "active"),
    ]
    code, _, err = made("add", "issuer")
    assert code == 2, "after the last version there is none"
    assert "40" in err


def test_the_passphrase_can_be_changed(
    made: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new.txt").write_text("other words that were invented\n")
    assert made("change-passphrase", "--new-passphrase-file", "new.txt")[0] == 0
    assert made("list")[0] == 1
    monkeypatch.delenv("UNICARD_PASSPHRASE")
    assert made("list", "--passphrase-file", "new.txt")[0] == 0


def test_the_issuer_certificate_comes_out_as_pem(made: Run) -> None:
    code, out, _ = made("export-certificate")
    assert code == 0
    certificate = x509.load_pem_x509_certificate(out.encode())
    assert certificate.subject.rfc4514_string() == "CN=Unicard CA 01"
    code, out, _ = made("export-certificate", "--json")
    assert x509.load_pem_x509_certificate(json.loads(out)["certificate"].encode()) == certificate


CHIP = next(new_chips(1, seed=5))


def issued_card_file(path: Path) -> None:
    """Make a card file whose transport keys were replaced by issuer keys of version 30."""
    create(path, blank_image(CHIP))
    with (
        open_store("keys.unicard", SecretBytes(PASSPHRASE.encode())) as store,
        open_reader(f"sim:{path}") as reader,
    ):
        drive(rotate_issuer_keys({0xFF, 0x30}, 0x30), reader, StoreSam(store))


def test_rotate_says_what_it_found_and_what_it_did(made: Run, tmp_path: Path) -> None:
    issued_card_file(tmp_path / "card.json")
    assert made("add", "issuer")[0] == 0
    code, out, _ = made("rotate", "--reader", "sim:card.json", "--to", "31")
    assert code == 0
    serial = CHIP.serial.hex().upper()
    assert out.splitlines() == [
        f"Card {serial} had key versions 30 and opened with 30.",
        "Added 31, and proved it by a session.",
        "Deleted 30.",
        "The card has key versions 31 now.",
    ]
    code, out, _ = made("rotate", "--reader", "sim:card.json", "--json")
    assert code == 0
    assert json.loads(out) == {
        "reader": "sim:card.json",
        "chip_serial": serial,
        "version": "31",
        "added": False,
        "deleted": [],
        "opened_with": ["31"],
        "before": ["31"],
        "after": ["31"],
    }


@pytest.mark.parametrize(
    ("instruction", "code", "said"),
    [
        (0xCA, 1, "Nothing was changed"),
        (0xD8, 4, "the card has key versions 30 and 31 now and opens with 30 and 31"),
        (0xE4, 4, "the card has key versions 31 now and opens with 31"),
    ],
)
def test_ctrl_c_in_a_rotation_tells_how_the_card_stands_and_the_same_command_goes_on(
    made: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    instruction: int,
    code: int,
    said: str,
) -> None:
    issued_card_file(tmp_path / "card.json")
    assert made("add", "issuer")[0] == 0
    transmit = SimReader.transmit

    def interrupted(self: SimReader, command: bytes, timeout: float | None = None) -> bytes:
        if command[1] == instruction:
            signal.raise_signal(signal.SIGINT)
        return transmit(self, command, timeout)

    with monkeypatch.context() as patch:
        patch.setattr(SimReader, "transmit", interrupted)
        found, out, err = made("rotate", "--reader", "sim:card.json")
    assert (found, out) == (code, "")
    assert said in err
    assert made("rotate", "--reader", "sim:card.json")[1].endswith("key versions 31 now.\n")


def test_a_passphrase_is_never_a_word_of_the_command(made: Run) -> None:
    _, out, _ = made("list", "--help")
    assert "--passphrase-file" in out
    assert "--passphrase " not in out


@pytest.mark.usefixtures("made")
def test_the_command_works_as_a_program_with_the_passphrase_from_its_input(
    tmp_path: Path,
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "UNICARD_PASSPHRASE"}
    done = subprocess.run(
        [sys.executable, Path(cli.__file__), "keys", "list", "--json"],
        input=PASSPHRASE + "\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(Path(cli.__file__).parent)},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["keys"]) == 5 + len(Role) + 1
    assert Purpose.ISSUER.value in done.stdout
