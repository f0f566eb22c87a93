from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.personalization.perso_bureau import PASSPHRASE, Bureau, memory_folder, new_bureau
from tests.personalization.perso_shop import Terminal, set_up


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    with memory_folder(tmp_path) as folder:
        made = new_bureau(folder)
        yield made
        made.journal.close()
        made.store.close()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder with a store, a list of four citizens and six blank cards, and work in it."""
    with memory_folder(tmp_path) as folder:
        set_up(folder, 4, 6)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("UNICARD_PASSPHRASE", PASSPHRASE)
        for name in ("UNICARD_STORE", "UNICARD_JOURNAL", "UNICARD_READER"):
            monkeypatch.delenv(name, raising=False)
        yield folder


@pytest.fixture
def terminal(shop: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    assert shop.is_dir()
    return Terminal(capsys)
