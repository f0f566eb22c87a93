"""`keys find`: which keys of a store open a card, and that a wrong guess costs it nothing."""

import json
from pathlib import Path

import pytest

import cli
from applet_spec import Changed, ExitCode
from card_simulator.blanks import new_chips
from card_simulator.card import Card
from card_simulator.card_file import create
from card_simulator.card_manager import blank_image
from card_simulator.memory import Memory
from card_simulator.reader import SimReader
from card_simulator.scp03_options import OPTIONS_CELL
from host_lib.secret import AesKey, SecretBytes
from keys_tool.contents import initial_contents
from keys_tool.diversification import Master, Scheme
from keys_tool.file_store import FileStore
from keys_tool.finding import NoKeyOpens, OpeningKey, find_keys
from keys_tool.purpose import Algorithm, Purpose
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost
from tests.support.card_kinds import Kind, cells_but_sequences, issued, static, watch

KINDS = [Kind(i, 0x30, 0x31) for i in (0x00, 0x20, 0x60, 0x61, 0x70, 0x71)]
EXTERNAL_AUTHENTICATE, INITIALIZE_UPDATE = "82", "50"


@pytest.fixture
def other(path: Path, passphrase: SecretBytes, cheap: ScryptCost) -> FileStore:
    """Another issuer's store, with the same versions."""
    contents = initial_contents("Other", Master(Scheme.KDF3, AesKey(bytes(16))))
    return FileStore.create(path.with_name("other"), passphrase, contents=contents, cost=cheap)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.i:02X}")
def test_a_wrong_guess_costs_the_card_nothing(
    store: FileStore, other: FileStore, kind: Kind
) -> None:
    card = issued(kind, store, blank_too=True)
    before = cells_but_sequences(card.card.memory.image)
    sent = watch(card)
    with pytest.raises(NoKeyOpens) as caught:
        find_keys(card, other)
    assert sent[EXTERNAL_AUTHENTICATE] == 0
    assert sent[INITIALIZE_UPDATE] >= 2, "both key versions were asked for"
    assert cells_but_sequences(card.card.memory.image) == before
    assert caught.value.changed is Changed.NO
    assert caught.value.exit_code is ExitCode.FAILED
    assert "key versions 30 and FF" in caught.value.message


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.i:02X}")
def test_each_key_version_is_authenticated_to_once_and_nothing_is_written(
    store: FileStore, kind: Kind
) -> None:
    card = issued(kind, store, blank_too=True)
    before = cells_but_sequences(card.card.memory.image)
    sent = watch(card)
    found = find_keys(card, store)
    assert found.present == (0x30, 0xFF)
    assert found.opening == (
        OpeningKey(0x30, Purpose.ISSUER, 0x30),
        OpeningKey(0xFF, Purpose.TRANSPORT, 1),
    )
    assert sent[EXTERNAL_AUTHENTICATE] == 2
    assert cells_but_sequences(card.card.memory.image) == before


def test_only_the_key_versions_that_are_ours_are_authenticated_to(
    store: FileStore, other: FileStore
) -> None:
    card = issued(KINDS[2], store, blank_too=True)
    other.import_transport(2, globalplatform_default())
    sent = watch(card)
    found = find_keys(card, other)
    assert found.opening == (OpeningKey(0xFF, Purpose.TRANSPORT, 2),)
    assert sent[EXTERNAL_AUTHENTICATE] == 1


def blank_of(master: Master) -> SimReader:
    """Return a blank card whose maker derived its keys from a master."""
    (chip,) = new_chips(1, seed=11)
    memory = Memory(blank_image(chip))
    keys = master.keys_of(0xFF, chip.diversification_data)
    memory.write("isd.keys.FF", static(keys).joined())
    return SimReader("sim", Card(memory.image))


@pytest.mark.parametrize("scheme", Scheme)
def test_blank_stock_of_every_scheme_is_opened_by_its_own_delivery(
    store: FileStore, scheme: Scheme
) -> None:
    master = Master(scheme, AesKey(bytes(range(16, 32))))
    store.import_transport(2, Master(Scheme.KDF3, AesKey(bytes(16))))
    store.import_transport(3, master)
    store.import_transport(4, Master(Scheme.EMV, AesKey(bytes(range(32, 48)))))
    card = blank_of(master)
    sent = watch(card)
    assert find_keys(card, store).opening == (OpeningKey(0xFF, Purpose.TRANSPORT, 3),)
    assert sent[EXTERNAL_AUTHENTICATE] == 1


def test_a_retired_master_still_says_which_cards_are_its(store: FileStore) -> None:
    card = issued(KINDS[2], store)
    store.generate(Purpose.ISSUER, 0x31, Algorithm.AES_256_KDF3)
    store.retire(Purpose.ISSUER, 0x30)
    assert [one.version for one in find_keys(card, store).opening] == [0x30]


def test_a_card_that_does_not_list_its_keys_is_asked_for_each_of_ours(store: FileStore) -> None:
    store.generate(Purpose.ISSUER, 0x31)
    card = issued(KINDS[2], store)
    transmit = card.transmit

    def without_list(command: bytes, timeout: float | None = None) -> bytes:
        silent = command[1:4] == b"\xca\x00\xe0"
        return b"\x6a\x88" if silent else transmit(command, timeout)

    card.transmit = without_list  # type: ignore[method-assign]
    found = find_keys(card, store)
    assert found.present == (0x30,)
    assert [one.version for one in found.opening] == [0x30]


def test_a_key_set_that_cannot_open_a_session_is_passed_over(store: FileStore) -> None:
    store.generate(Purpose.ISSUER, 0x31)
    card = issued(KINDS[2], store)
    memory = card.card.memory
    keys = static(store.issuer_keys(0x31, card.card.chip.diversification_data))
    memory.write("isd.keys.31", bytes((1, 16)) + keys.enc)
    found = find_keys(card, store)
    assert found.present == (0x30, 0x31)
    assert [one.version for one in found.opening] == [0x30]


def test_a_used_up_sequence_counter_closes_one_key_set_and_is_said(store: FileStore) -> None:
    card = issued(Kind(0x70, 0x30, 0x31), store)
    card.card.memory.write("isd.sequence.30", b"\xff\xff\xff")
    with pytest.raises(NoKeyOpens):
        find_keys(card, store)


def on_file(path: Path, options: int = 0x71) -> None:
    (chip,) = new_chips(1, seed=5)
    memory = Memory(blank_image(chip))
    memory.write(OPTIONS_CELL, bytes((options,)))
    create(path, memory.image)


def test_the_command_says_which_key_opens_which_version(
    store: FileStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", "invented words for tests only")
    on_file(tmp_path / "card.json")
    words = ["keys", "find", "--store", store.location, "--reader", f"sim:{tmp_path}/card.json"]
    assert cli.main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["present"] == ["FF"]
    assert said["opening"] == [{"version": "FF", "purpose": "transport", "key": "01"}]
    assert cli.main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Card 5543")
    assert lines[2].split() == ["FF", "transport", "01"]


def test_the_command_ends_with_1_where_no_key_opens(
    other: FileStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("UNICARD_PASSPHRASE", "invented words for tests only")
    on_file(tmp_path / "card.json")
    reader = f"sim:{tmp_path}/card.json"
    code = cli.main(["keys", "find", "--store", other.location, "--reader", reader])
    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert "none of the keys" in said.err
    assert "Nothing was changed" in said.err
