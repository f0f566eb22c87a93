from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.personalization.perso_bureau import Bureau, memory_folder, new_bureau


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    with memory_folder(tmp_path) as folder:
        made = new_bureau(folder)
        yield made
        made.journal.close()
        made.store.close()
