"""Receipts in bulk: who signed them, and every one that nobody did."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import cli
from applet_spec import spec
from host_lib.primitives import AesContext
from host_lib.secret import SecretBytes
from host_lib.transaction import Debit, Receipt
from keys_tool import Purpose, errors, open_store
from keys_tool.file_store import FileStore
from keys_tool.receipt_file import LONGEST_LINE, verify_file
from keys_tool.receipts import Verdict, verify_receipts
from keys_tool.vault import ScryptCost

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "applet_spec" / "formats" / "receipt.schema.json").read_text("utf-8"))
SIGNED = 81
PASSPHRASE = "invented words for tests only"


def receipt(store: FileStore, number: int = 1, version: int = 1, serial: bytes = b"") -> Receipt:
    """Return a receipt as the card of this serial signs it, by default each of its own."""
    serial = serial or number.to_bytes(8, "big")
    unsigned = Receipt(
        key_version=version,
        role=4,
        card_serial=serial,
        number=number,
        terminal_id=b"BAKERY 1",
        terminal_number=number,
        when=datetime(2026, 11, 23, 8, 30),
        operations=(Debit("bread", 20), Debit("wallet", 400)),
        balances=(40, 9600),
        flags=0,
        replaced_card_number=None,
        mac=bytes(8),
    )
    key = AesContext(store.receipt_key(version, serial).reveal())
    return replace(unsigned, mac=key.cmac(unsigned.signed_bytes())[:8])


def verdicts(store: FileStore, *receipts: Receipt | bytes) -> list[Verdict]:
    return [verdict for _, verdict in verify_receipts(receipts, store)]


def test_the_mac_is_over_the_layout_that_the_contract_writes_down(store: FileStore) -> None:
    one = receipt(store)
    by_hand = bytes.fromhex(
        "01 04 0000000000000001 000001 42414B4552592031 00000001 20261123 083000"
        "01 02 00000014 01 04 00000190 000000000000 000000000000"
        "00000028 00002580 00000000 00000000 00 0000000000000000"
    )
    assert (len(by_hand), one.signed_bytes()) == (SIGNED, by_hand)
    assert verdicts(store, by_hand + one.mac) == [Verdict.VALID]


def test_receipts_are_judged_one_by_one_in_their_order(store: FileStore) -> None:
    good = [receipt(store, number) for number in range(1, 6)]
    changed = replace(good[1], balances=(41, 9600))
    mixed: list[Receipt | bytes] = [good[0], changed, good[2].encode(), b"", good[4]]
    judged = verify_receipts(iter(mixed), store)
    assert next(judged) == (good[0], Verdict.VALID)
    assert list(judged) == [
        (changed, Verdict.WRONG_MAC),
        (good[2].encode(), Verdict.VALID),
        (b"", Verdict.MALFORMED),
        (good[4], Verdict.VALID),
    ]


def test_no_byte_of_a_receipt_can_be_changed(store: FileStore) -> None:
    data = receipt(store).encode()
    changed = [
        data[:place] + bytes((data[place] ^ change,)) + data[place + 1 :]
        for place in range(1, len(data))
        for change in range(1, 0x100)
    ]
    assert set(verdicts(store, *changed)) == {Verdict.WRONG_MAC}


def test_the_receipt_of_one_card_is_not_that_of_another(store: FileStore) -> None:
    one, other = receipt(store, 1), receipt(store, 2)
    assert verdicts(store, replace(one, card_serial=other.card_serial)) == [Verdict.WRONG_MAC]
    assert verdicts(store, replace(one, mac=other.mac)) == [Verdict.WRONG_MAC]


def test_each_receipt_is_verified_with_the_master_of_its_own_key_version(
    store: FileStore,
) -> None:
    store.generate(Purpose.RECEIPT, 2)
    store.generate(Purpose.RECEIPT, 0xFF)
    old, new = receipt(store, version=1), receipt(store, version=2)
    last = receipt(store, version=0xFF)
    store.retire(Purpose.RECEIPT, 1)
    assert verdicts(store, old, new, old, last) == [Verdict.VALID] * 4
    assert verdicts(store, replace(old, key_version=2)) == [Verdict.WRONG_MAC]


@pytest.mark.parametrize("version", [0, 3, 0xFE])
def test_a_key_version_that_the_store_does_not_have_is_said_so(
    store: FileStore, version: int
) -> None:
    unknown = replace(receipt(store), key_version=version)
    assert verdicts(store, unknown, receipt(store)) == [Verdict.UNKNOWN_KEY_VERSION, Verdict.VALID]


@pytest.mark.parametrize("length", [0, 1, SIGNED, 88, 90, 178])
def test_other_numbers_of_bytes_are_no_receipt(store: FileStore, length: int) -> None:
    data = (receipt(store).encode() * 2)[:length]
    assert verdicts(store, data) == [Verdict.MALFORMED]


def test_receipts_are_verified_by_who_has_the_masters_and_is_open(store: FileStore) -> None:
    one = receipt(store)
    judged = verify_receipts([one], store)
    store.close()
    with pytest.raises(errors.StoreClosed):
        next(judged)


def test_a_store_that_lacks_receipt_masters_knows_no_version(
    store: FileStore, tmp_path: Path, cheap: ScryptCost
) -> None:
    secret = SecretBytes(PASSPHRASE.encode())
    with FileStore.create(tmp_path / "terminal", secret, cost=cheap) as terminal:
        store.hand_over(Purpose.ROLE_BREAD, 1, terminal)
        assert verdicts(terminal, receipt(store)) == [Verdict.UNKNOWN_KEY_VERSION]


# Files


def line_of(one: Receipt) -> str:
    return json.dumps({"receipt": one.encode().hex()}) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "receipts.jsonl"


def test_a_line_of_a_file_is_what_the_schema_says(store: FileStore) -> None:
    validator = Draft202012Validator(SCHEMA)
    value = json.loads(line_of(receipt(store)))
    validator.validate(value)
    length = sum(f.length for f in spec().transactions.receipt) + 8
    assert f"{{{length}}}" in SCHEMA["properties"]["receipt"]["pattern"]
    wrong: list[object] = [{}, {"receipt": "00" * 88}, {**value, "more": 1}, {"receipt": 1}, []]
    assert not any(validator.is_valid(one) for one in wrong)


def test_every_bad_line_is_named_and_the_good_ones_counted(store: FileStore, file: Path) -> None:
    good, other = receipt(store, 1), receipt(store, 2)
    wrong = replace(good, mac=other.mac)
    lines = [
        *(line_of(good), line_of(wrong), "\n", "{}\n", '"text"\n', "[" * 900 + "\n"),
        *(json.dumps({"receipt": "00"}) + "\n", json.dumps({"receipt": 5}) + "\n"),
        json.dumps({"receipt": good.encode().hex(" ")}) + "\n",
        json.dumps({"receipt": good.encode().hex(), "more": 1}) + "\n",
        *("x" * (3 * LONGEST_LINE) + "\n", "\xff\n", line_of(other)),
        *(line_of(replace(good, key_version=9)),),
    ]
    file.write_bytes("".join(lines).encode("latin-1"))
    found = verify_file(file, store)
    assert found.valid == 2
    assert {one.line: one.reason.split(":")[0] for one in found.bad} == {
        2: "wrong MAC",
        **dict.fromkeys((3, 4, 5, 6, 8, 9, 10, 11, 12), 'no line of the form {"receipt"'),
        7: "no receipt",
        14: "unknown key version",
    }
    assert [one.line for one in found.bad if one.receipt] == [2, 14]


@pytest.mark.parametrize("missing", [1, 2, 3, 60, 190])
def test_a_file_that_was_cut_short_is_noticed(store: FileStore, file: Path, missing: int) -> None:
    text = line_of(receipt(store, 1)) + line_of(receipt(store, 2))
    file.write_text(text[:-missing], encoding="ascii")
    found = verify_file(file, store)
    whole = missing == 1  # the line feed alone: nothing of the receipt is missing
    assert (found.valid, len(found.bad)) == ((2, 0) if whole else (1, 1))
    assert all("cut short" in one.reason and one.line == 2 for one in found.bad)


def test_an_empty_file_holds_no_receipts(store: FileStore, file: Path) -> None:
    file.write_bytes(b"")
    assert verify_file(file, store).valid == 0


@pytest.mark.parametrize("place", ["absent", "."])
def test_what_is_no_file_is_said(store: FileStore, tmp_path: Path, place: str) -> None:
    from keys_tool.receipt_file import ReceiptFileUnreadable

    with pytest.raises(ReceiptFileUnreadable, match="cannot be read"):
        verify_file(tmp_path / place, store)


# As a command

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    path: Path,
    store: FileStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    monkeypatch.setenv("UNICARD_STORE", str(path))
    monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("UNICARD_TO_PASSPHRASE", "other words that were invented")
    assert store.keys()

    def unicard_keys(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(["keys", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return unicard_keys


def test_the_command_says_all_is_well(run: Run, store: FileStore, file: Path) -> None:
    file.write_text(line_of(receipt(store, 1)) + line_of(receipt(store, 2)), encoding="ascii")
    code, out, _ = run("verify-receipts", str(file))
    assert (code, out) == (0, "2 of 2 receipts are valid.\n")


def test_the_command_fails_where_one_receipt_does(run: Run, store: FileStore, file: Path) -> None:
    wrong = replace(receipt(store, 7), flags=1)
    file.write_text(line_of(receipt(store)) + line_of(wrong) + "{", encoding="ascii")
    code, out, _ = run("verify-receipts", str(file), "--json")
    found = json.loads(out)
    assert (code, found["receipts"], found["valid"]) == (1, 3, 1)
    assert found["bad"] == [
        {
            "line": 2,
            "reason": "wrong MAC",
            "card_serial": "0000000000000007",
            "number": 7,
            "terminal": "BAKERY 1",
            "terminal_number": 7,
        },
        {"line": 3, "reason": "cut short: the file ends in the middle of a line"},
    ]
    code, out, _ = run("verify-receipts", str(file))
    assert code == 1
    assert "1 of 3 receipts are valid." in out
    assert run("verify-receipts", "absent")[0] == 2


def test_a_role_s_master_is_handed_over_into_a_new_store(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "pos.unicard"
    code, out, err = run("hand-over", "role-bread", "01", "--to", str(other), "--json")
    assert code == 0
    (key,) = json.loads(out)["keys"]
    assert (key["purpose"], key["version"]) == ("role-bread", "01")
    assert run("add", "role-bread")[0] == 0
    assert run("hand-over", "role-bread", "02", "--to", str(other))[0] == 0
    code, _, err = run("hand-over", "role-bread", "02", "--to", str(other))
    assert (code, "already" in err) == (1, True)
    with open_store(other, "other words that were invented") as pos:
        infos = pos.keys()
        assert [(info.purpose.value, info.version) for info in infos] == [
            *(("role-bread", 1), ("role-bread", 2)),
        ]


def test_handing_over_says_what_a_thief_could_do(run: Run, tmp_path: Path) -> None:
    code, _, err = run("hand-over", "role-bread", "01", "--to", str(tmp_path / "pos"))
    assert code == 0
    assert "200.00 EGP" in " ".join(err.split())


@pytest.mark.parametrize("purpose", ["issuer", "receipt", "role-load", "card-ca", "mailer"])
def test_what_stays_with_the_issuer_makes_no_store(run: Run, tmp_path: Path, purpose: str) -> None:
    version = "30" if purpose == "issuer" else "01"
    other = tmp_path / "pos"
    code, _, err = run("hand-over", purpose, version, "--to", str(other))
    assert (code, "stays with the issuer" in err) == (2, True)
    assert not other.exists()
    assert run("hand-over", purpose, version, "--to", str(other), "--within-issuer")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("hand-over", "role-bread", "77", "--to", "pos"), 1, "no role-bread key of version 77"),
        (("hand-over", "role-bread", "00", "--to", "pos"), 2, "cannot have version 00"),
        (("hand-over", "role-bread", "01", "--to", "pkcs11:token=x"), 2, "PKCS#11"),
        (("hand-over", "role-bread", "01"), 2, "--to"),
    ],
)
def test_a_key_that_cannot_be_handed_over_makes_no_store(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done, _, err = run(*words)
    assert (done, says in err) == (code, True)
    assert not (tmp_path / "pos").exists()
