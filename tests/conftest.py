"""Fixtures for every test: real inputs when they are at hand, and a count of what was skipped without them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from refalt.sources.fetch import INPUTS_VARIABLE

# A busy machine must not fail a property, and a failure must come again.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True)
hypothesis.settings.load_profile("house")


@pytest.fixture
def real_input() -> Callable[[str], Path]:
    """Path of a real data file under `$REFALT_INPUTS`.

    Without that variable the test is skipped. With it, a file that is not there is a failure: whoever sets the
    variable means the tests to run.
    """
    folder = os.environ.get(INPUTS_VARIABLE)

    def find(name: str) -> Path:
        if not folder:
            pytest.skip(f"real input {name} is not at hand: ${INPUTS_VARIABLE} is not set")
        path = Path(folder) / name
        if not path.is_file():
            pytest.fail(f"${INPUTS_VARIABLE} is set, but {name} is not there")
        return path

    return find


@pytest.fixture
def real_inputs(real_input: Callable[[str], Path]) -> Path:
    """The folder of real inputs."""
    return real_input("dsqtl/degner2012_lcl_dsqtl.tsv").parents[1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for want of real inputs."""
    skipped = terminalreporter.stats.get("skipped", [])
    without = [report for report in skipped if INPUTS_VARIABLE in str(report.longrepr)]
    terminalreporter.write_line(f"skipped for want of real inputs: {len(without)}; skipped in all: {len(skipped)}")
