from collections.abc import Iterator
from pathlib import Path

import pytest

from host_lib.secret import SecretBytes
from keys_tool.contents import initial_contents
from keys_tool.file_store import FileStore
from keys_tool.transport_file import globalplatform_default
from keys_tool.vault import ScryptCost


@pytest.fixture(scope="session")
def cheap() -> ScryptCost:
    return ScryptCost(n=1024)


@pytest.fixture(scope="session")
def passphrase() -> SecretBytes:
    return SecretBytes(b"invented words for tests only")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.unicard"


@pytest.fixture
def store(path: Path, passphrase: SecretBytes, cheap: ScryptCost) -> Iterator[FileStore]:
    contents = initial_contents("Test issuer", globalplatform_default())
    with FileStore.create(path, passphrase, contents=contents, cost=cheap) as opened:
        yield opened
