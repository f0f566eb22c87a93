"""Whether a card proves that it is genuine, and which imitations do not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from applet_spec import Changed, ExitCode, UnicardError
from host_lib import (
    Above,
    Card,
    CardRemoved,
    CertificateNotGenuine,
    CertificateNotValidAt,
    ConditionsNotSatisfied,
    Credit,
    Debit,
    Never,
    NotGenuine,
    NotProven,
    OneIn,
    Prover,
    Receipt,
    Role,
    SecurityStatusNotSatisfied,
)
from host_lib.flow.prove import ProvePolicy, prove_session
from host_lib.secret import SecretBytes
from host_lib.transaction import Operation
from keys_tool import issue_card_certificate
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.purpose import Purpose
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost
from tests.support.cards import CARD_NUMBER, CARD_SERIAL
from tests.support.pos_cards import PIN, Wire, pay_card, sam, terminal

NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + timedelta(days=3650)
SALE = (Debit("bread", 1),)


class Issuer:
    """A card CA with two versions, and cards that it certifies."""

    def __init__(self, folder: Path) -> None:
        passphrase = SecretBytes(b"invented words for tests only")
        contents = initial_contents("Test issuer", globalplatform_default())
        self.store = FileStore.create(
            folder / "keys", passphrase, contents=contents, cost=ScryptCost(n=1024)
        )
        self.store.generate(Purpose.CARD_CA, 2)
        self.known = self.store.issuer_certificate(1)
        self.other = self.store.issuer_certificate(2)

    def certify(self, point: bytes, *, serial: bytes = CARD_SERIAL, version: int = 1) -> bytes:
        return issue_card_certificate(
            self.store, point, CARD_NUMBER, serial, NOW, LATER, version=version
        )


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    one = Issuer(tmp_path_factory.mktemp("issuer"))
    yield one
    one.store.close()


@pytest.fixture
def wire(issuer: Issuer) -> Wire:
    one = Wire(pay_card(certify=issuer.certify))
    with Card(one).session(Role.BREAD, sam()) as pos:
        pos.verify_pin(PIN)
        pos.transact(*SALE, terminal=terminal("FIRST"))
    one.watch({})
    return one


def test_a_genuine_card_proves_it_and_names_the_transaction(wire: Wire, issuer: Issuer) -> None:
    with Card(wire).session(Role.BREAD, sam()) as pos:
        receipt = pos.transact(*SALE, terminal=terminal())
        proof = pos.prove([issuer.other, issuer.known])
    assert proof.card_serial == CARD_SERIAL == receipt.card_serial
    assert (proof.transaction_number, proof.receipt_mac) == (receipt.number, receipt.mac)
    assert not proof.verified


def test_the_holders_presence_is_proven_once(wire: Wire, issuer: Issuer) -> None:
    with Card(wire).session(Role.BREAD, sam()) as pos:
        with pytest.raises(SecurityStatusNotSatisfied):
            pos.prove_presence([issuer.known], service="bread")
        pos.verify_pin(PIN)
        assert pos.prove_presence([issuer.known], service="bread").verified == 1
        with pytest.raises(SecurityStatusNotSatisfied):
            pos.prove_presence([issuer.known])


def test_a_card_of_another_issuer_is_not_genuine(wire: Wire, issuer: Issuer) -> None:
    for issuers in ([issuer.other], []):
        with (
            pytest.raises(CertificateNotGenuine),
            Card(wire).session(Role.BREAD, sam()) as pos,
        ):
            pos.prove(issuers)


def test_a_certificate_that_is_not_valid_yet_or_any_more_is_told(
    wire: Wire, issuer: Issuer
) -> None:
    for at in (NOW - timedelta(seconds=1), LATER + timedelta(seconds=1)):
        with (
            pytest.raises(CertificateNotValidAt),
            Card(wire).session(Role.BREAD, sam()) as pos,
        ):
            pos.prove([issuer.known], at=at)


def test_the_certificate_of_another_card_proves_nothing(issuer: Issuer) -> None:
    wire = Wire(pay_card(certify=lambda point: issuer.certify(point, serial=bytes(8))))
    with (
        pytest.raises(NotGenuine, match="another card"),
        Card(wire).session(Role.BREAD, sam()) as pos,
    ):
        pos.prove([issuer.known])


def test_what_another_card_signed_proves_nothing(issuer: Issuer) -> None:
    wire = Wire(pay_card(certify=lambda point: issuer.certify(point, serial=bytes(8))))
    with (
        pytest.raises(NotGenuine, match="another card signed"),
        Card(wire).session(Role.BREAD, sam()) as pos,
    ):
        pos.run(prove_session(bytes(8), [issuer.known]))


def test_a_session_compares_the_proof_with_its_own_newest_receipt(
    wire: Wire, issuer: Issuer
) -> None:
    shop = terminal()
    with Card(wire).session(Role.BREAD, sam()) as pos:
        receipt = pos.transact(*SALE, terminal=shop)
        assert pos._pos._newest == receipt
        pos._pos._newest = replace(receipt, mac=bytes(8))
        with pytest.raises(NotGenuine, match="not the one of this session"):
            pos.prove([issuer.known])
        with pytest.raises(UnicardError):
            pos.transact(Debit("bread", 999), terminal=shop)
        assert pos._pos._newest is not None
        again = pos.transact(*SALE, terminal=shop)
        assert pos.prove([issuer.known]).receipt_mac == again.mac


def test_a_certificate_without_its_key_proves_nothing(issuer: Issuer, wire: Wire) -> None:
    with Card(wire).session(Role.BREAD, sam()) as pos:
        copied = pos.read("card certificate")
    imitation = Wire(pay_card(certify=lambda _: copied))
    with (
        pytest.raises(NotGenuine, match="signature"),
        Card(imitation).session(Role.BREAD, sam()) as pos,
    ):
        pos.prove([issuer.known])


@pytest.mark.parametrize("change", ["number", "mac"])
def test_a_proof_of_another_transaction_proves_nothing(
    wire: Wire, issuer: Issuer, change: str
) -> None:
    with Card(wire).session(Role.BREAD, sam()) as pos:
        receipt = pos.transact(*SALE, terminal=terminal())
        lie = (
            replace(receipt, number=receipt.number + 1)
            if change == "number"
            else replace(receipt, mac=bytes(8))
        )
        with pytest.raises(NotGenuine, match="not the one of this session"):
            pos.run(prove_session(CARD_SERIAL, [issuer.known], newest=lie))


def test_a_proof_bars_the_reversal(wire: Wire, issuer: Issuer) -> None:
    shop = terminal()
    with Card(wire).session(Role.BREAD, sam()) as pos:
        pos.transact(*SALE, terminal=shop)
        pos.prove([issuer.known])
        with pytest.raises(ConditionsNotSatisfied):
            pos.reverse(terminal=shop)


def test_the_policy_asks_by_itself(wire: Wire, issuer: Issuer) -> None:
    prover = Prover((issuer.known,), OneIn(1))
    with Card(wire).session(Role.BREAD, sam(), prover=prover) as pos:
        receipt = pos.transact(*SALE, terminal=terminal())
        assert 0x88 not in [command[1] for command in wire.sent[:4]]
        assert [command[1] for command in wire.sent[4:]] == [0xCB, 0xCB, 0x88]
    assert receipt.number == 2


def test_a_withdrawal_can_be_taken_back_whatever_the_policy(wire: Wire, issuer: Issuer) -> None:
    prover = Prover((issuer.known,), OneIn(1))
    with Card(wire).session(Role.CASH, sam(), prover=prover) as pos:
        pos.verify_pin(PIN)

        def jam(_receipt: Receipt) -> None:
            raise OSError("jammed")

        with pytest.raises(UnicardError, match="took it back"):
            pos.withdraw(100, jam, terminal=terminal("ATM"))


def test_a_card_that_fails_the_policy_has_done_the_transaction_all_the_same(
    wire: Wire, issuer: Issuer
) -> None:
    shop = terminal()
    prover = Prover((issuer.other,), OneIn(1))
    with (
        pytest.raises(NotProven) as caught,
        Card(wire).session(Role.BREAD, sam(), prover=prover) as pos,
    ):
        pos.transact(*SALE, terminal=shop)
    error = caught.value
    assert (error.changed, error.exit_code) == (Changed.YES, ExitCode.UNCERTAIN)
    assert isinstance(error.__cause__, CertificateNotGenuine)
    assert [queued.receipt for queued in shop.journal.unsent()] == [error.receipt]


def test_a_card_that_is_taken_away_before_the_proof_has_not_given_it(
    wire: Wire, issuer: Issuer
) -> None:
    prover = Prover((issuer.known,), OneIn(1))
    wire.watch({5: wire.removal})
    with (
        pytest.raises(NotProven) as caught,
        Card(wire).session(Role.BREAD, sam(), prover=prover) as pos,
    ):
        pos.transact(*SALE, terminal=terminal())
    assert isinstance(caught.value.__cause__, CardRemoved)


@pytest.mark.parametrize(
    ("policy", "operations", "asks"),
    [
        (Never(), (Debit(4, 10_000),), False),
        (OneIn(1), (Debit(2, 1),), True),
        (Above("wallet", 100), (Debit(4, 100),), False),
        (Above("wallet", 100), (Debit(2, 1), Debit(4, 101)), True),
        (Above("wallet", 100), (Debit(2, 101),), False),
        (Above("wallet", 100), (Credit(4, 101),), False),
    ],
)
def test_policies_look_at_the_receipt(
    wire: Wire, policy: ProvePolicy, operations: tuple[Operation, ...], asks: bool
) -> None:
    with Card(wire).session(Role.BREAD, sam()) as pos:
        receipt = pos.transact(*SALE, terminal=terminal())
    assert policy.asks(replace(receipt, operations=operations)) is asks


def test_one_in_n_is_a_draw(wire: Wire) -> None:
    with Card(wire).session(Role.BREAD, sam()) as pos:
        receipt = pos.transact(*SALE, terminal=terminal())
    drawn = sum(OneIn(4).asks(receipt) for _ in range(1000))
    assert 150 < drawn < 350
    with pytest.raises(ValueError, match="one in 1"):
        OneIn(0)
