from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from refalt.audits.base import Audit, Finding, Phase, Severity
from refalt.audits.runner import EVIDENCE, every_audit
from refalt.tables import Measurements
from refalt.testing.conformance import assert_conforms, problems_of, toy_evidence
from refalt.testing.toy_study import write_toy_study

SOURCE = Path(__file__).parents[2] / "src"
PLUGIN = '''
"""Tables have rows."""

from refalt.audits.base import Audit, Finding, Phase, Severity
from refalt.tables import Measurements


class TableHasRows(Audit):
    """XR001: a table without rows."""

    code = "XR001"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "The table has over a million rows."
    why = "Small tables decide little."
    example = "A table of 400 rows."
    remedy = "Measure more variants."

    def check(self, *, measurements: Measurements) -> Finding:
        """Count rows."""
        n = len(measurements)
        answer = self.clear if n > 1_000_000 else self.found
        return answer(f"{n} rows.", n_affected=n, n_examined=n)
'''


class Sound(Audit):
    """Counts rows."""

    code = "XX001"
    phase = Phase.PREFLIGHT
    severity = Severity.NOTE
    affirms = "Rows are counted."
    why = "It is an example."
    example = "None."
    remedy = "None."

    def check(self, *, measurements: Measurements) -> Finding:
        """Count."""
        return self.clear(f"{len(measurements)} rows.", n_examined=len(measurements))


@pytest.mark.parametrize("audit", [type(audit) for audit in every_audit()], ids=lambda audit: audit.code)
def test_every_audit_conforms(audit: type[Audit]) -> None:
    assert_conforms(audit)


def test_assert_conforms__takes_a_sound_one() -> None:
    assert_conforms(Sound)


def _broken(name: str, **parts: Any) -> type[Audit]:
    return type(name, (Sound,), {"__doc__": "Broken.", **parts})


def _by_position(self: Audit, measurements: Measurements) -> Finding:
    """Count."""
    return self.clear("Counted.", n_examined=len(measurements))


def _of_unknown_evidence(self: Audit, *, rows: object) -> Finding:
    """Count."""
    return self.clear("Counted.")


def _in_place(self: Audit, *, measurements: Measurements) -> Finding:
    """Change the table."""
    if "more" not in measurements.frame.columns:
        measurements.frame.insert_column(0, pl.lit(1).alias("more"))
    return self.clear("Changed.")


def _speechless(self: Audit, *, measurements: Measurements) -> Finding:
    """Say nothing."""
    return self.found("", remedy="")


def _by_name(self: Audit, *, declared: Any) -> Finding:
    """Look at the name of a column."""
    answer = self.clear if declared.effect.column == "beta" else self.found
    return answer("Named.")


@pytest.mark.parametrize(
    ("audit", "problem"),
    [
        (_broken("Named", code="rows-1"), "capitals"),
        (_broken("Taken", code="EF001"), "another audit"),
        (_broken("Mute", why=" "), "no text for `why`"),
        (_broken("Placed", check=_by_position), "by position"),
        (_broken("Strange", check=_of_unknown_evidence), "does not exist"),
        (_broken("Changing", check=_in_place), "changes its evidence: ['measurements']"),
        (_broken("Speechless", check=_speechless), "says nothing"),
        (_broken("Fickle", check=_by_name), "renamed column"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_problems_of__names_what_is_wrong(audit: type[Audit], problem: str) -> None:
    assert problem in "; ".join(problems_of(audit))


def test_toy_evidence__is_of_kinds_that_there_are() -> None:
    assert set(toy_evidence()) <= set(EVIDENCE)


def test_an_audit_of_another_package_runs_in_check(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "more_audits-1.0.dist-info").mkdir(parents=True)
    (site / "more_audits.py").write_text(PLUGIN, encoding="utf-8")
    described = site / "more_audits-1.0.dist-info"
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: more-audits\nVersion: 1.0\n", encoding="utf-8")
    (described / "entry_points.txt").write_text("[refalt.audits]\nrows = more_audits:TableHasRows\n", encoding="utf-8")
    toy = write_toy_study(tmp_path, n=60)
    command = [sys.executable, "-m", "refalt", "check", str(toy.path), "--format", "json", "--fail-on", "serious"]
    path = os.pathsep.join([str(site), str(SOURCE)])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path})
    found = {each["code"]: each for each in json.loads(done.stdout)["findings"]}
    assert done.returncode == 2, done.stderr
    assert found["XR001"]["message"] == "60 rows."
