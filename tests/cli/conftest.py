from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from refalt.testing.toy_study import ToyStudy, write_toy_study

Refalt = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def refalt(tmp_path: Path) -> Refalt:
    """Run the command line as a process of its own, in a folder of its own."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "refalt", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    return run


@pytest.fixture
def toy(tmp_path: Path) -> ToyStudy:
    """A small study beside which the command line runs."""
    folder = tmp_path / "study"
    folder.mkdir()
    return write_toy_study(folder, n=200)
