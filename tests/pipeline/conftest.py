from __future__ import annotations

from pathlib import Path

import pytest

from refalt.testing.toy_study import ToyStudy, write_toy_study


@pytest.fixture
def toy(tmp_path: Path) -> ToyStudy:
    """A fresh small study in a folder of its own."""
    folder = tmp_path / "study"
    folder.mkdir()
    return write_toy_study(folder)
