"""Any sequence of operations by two processes on one store agrees with a model of it."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from host_lib.keyset import KeySet
from host_lib.secret import AesKey, SecretBytes
from keys_tool.errors import KeyExists, KeyNotFound, KeysError, StoreChanged
from keys_tool.file_store import FileStore
from keys_tool.purpose import KeyState, Purpose
from keys_tool.vault import ScryptCost

CHIP = bytes(range(10))
WHO = st.integers(0, 1)
ISSUER_VERSIONS = st.integers(0x30, 0x33)
SMALL_VERSIONS = st.integers(1, 3)


class TwoProcesses(RuleBasedStateMachine):
    """``model`` holds per key its state and something that only the same key can give."""

    @initialize()
    def create(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "keys"
        self.passphrase = SecretBytes(b"invented words, number 0")
        self.count = 0
        self.model: dict[tuple[Purpose, int], tuple[KeyState, object]] = {}
        self.order: list[tuple[Purpose, int]] = []
        first = FileStore.create(self.path, self.passphrase, cost=ScryptCost(n=1024))
        self.handles = [first, FileStore.load(self.path, self.passphrase)]
        self.stale = [False, False]

    def write(
        self, who: int, expected: type[KeysError] | None, act: Callable[[FileStore], object]
    ) -> bool:
        """Do a write; tell whether it changed the store."""
        if self.stale[who]:
            expected = StoreChanged
        if expected is None:
            act(self.handles[who])
            return True
        with pytest.raises(expected):
            act(self.handles[who])
        return False

    @rule(who=WHO, version=ISSUER_VERSIONS)
    def generate_master(self, who: int, version: int) -> None:
        self._generate(who, (Purpose.ISSUER, version))

    @rule(who=WHO, version=SMALL_VERSIONS, purpose=st.sampled_from([Purpose.CARD_CA]))
    def generate_ca(self, who: int, version: int, purpose: Purpose) -> None:
        self._generate(who, (purpose, version))

    def _generate(self, who: int, name: tuple[Purpose, int]) -> None:
        expected = KeyExists if name in self.model else None
        if self.write(who, expected, lambda store: store.generate(*name)):
            self._added(who, name)

    @rule(who=WHO, version=SMALL_VERSIONS, key=st.binary(min_size=16, max_size=16))
    def import_transport(self, who: int, version: int, key: bytes) -> None:
        name = (Purpose.TRANSPORT, version)
        keys = KeySet(0xFF, AesKey(key), AesKey(key[::-1]), AesKey(bytes(16)))
        expected = KeyExists if name in self.model else None
        if self.write(who, expected, lambda store: store.import_transport(version, keys)):
            self._added(who, name)
            assert self.model[name][1] == keys

    @rule(who=WHO, version=ISSUER_VERSIONS)
    def retire(self, who: int, version: int) -> None:
        name = (Purpose.ISSUER, version)
        expected = None if name in self.model else KeyNotFound
        if self.write(who, expected, lambda store: store.retire(*name)):
            self.model[name] = (KeyState.RETIRED, self.model[name][1])

    @rule(who=WHO)
    def change_passphrase(self, who: int) -> None:
        new = SecretBytes(b"invented words, number %d" % (self.count + 1))
        if self.write(who, None, lambda store: store.change_passphrase(new)):
            self.passphrase, self.count = new, self.count + 1
            self.stale[1 - who] = True

    @rule(who=WHO)
    def reopen(self, who: int) -> None:
        self.handles[who].close()
        self.handles[who] = FileStore.load(self.path, self.passphrase)
        self.stale[who] = False

    def _added(self, who: int, name: tuple[Purpose, int]) -> None:
        self.model[name] = (KeyState.ACTIVE, fingerprint(self.handles[who], name))
        self.order.append(name)

    @invariant()
    def what_the_file_holds_is_the_model(self) -> None:
        with FileStore.load(self.path, self.passphrase) as store:
            infos = store.keys()
            found = {
                (info.purpose, info.version): (
                    info.state,
                    fingerprint(store, (info.purpose, info.version)),
                )
                for info in infos
            }
            assert found == self.model
            active = [
                version
                for purpose, version in self.order
                if purpose is Purpose.ISSUER and self.model[purpose, version][0] is KeyState.ACTIVE
            ]
            try:
                assert store.default_version(Purpose.ISSUER) == active[-1]
            except KeyNotFound:
                assert not active

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


def fingerprint(store: FileStore, name: tuple[Purpose, int]) -> object:
    purpose, version = name
    if purpose is Purpose.ISSUER:
        return store.issuer_keys(version, CHIP)
    if purpose is Purpose.TRANSPORT:
        return store.transport_keys(version, CHIP)
    return store.public_key(version), store.issuer_certificate(version)


TestTwoProcesses = TwoProcesses.TestCase
TestTwoProcesses.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
